# The older line of Kafka, beside the other: broker 29094.
NAME=kafka-3.9.1; VERSION=3.9.1; PORT=29094; CONTROLLER=29195
. ../kafka/server.sh
