# Kafka that asks who comes: a client's certificate (test/fixture/tls/client.crt) on 29095, TLS on 29096, SASL on 29098, both on 29099 (mechanisms PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; fixpoint with the password
# below). Its certificate is that of test/fixture/tls, for localhost and 127.0.0.1. It talks to itself in the clear on 29097.
NAME=kafka-secure; PORT=29097; CONTROLLER=29196; KAFKA_CONF=$HERE/kafka-secure/server.properties; KAFKA_PASSWORD=open-sesame-for-tests
KAFKA_FORMAT=(--add-scram "SCRAM-SHA-256=[name=fixpoint,password=$KAFKA_PASSWORD]" --add-scram "SCRAM-SHA-512=[name=fixpoint,password=$KAFKA_PASSWORD]")
. ../kafka/server.sh
server_ready() { open_port "$PORT" && open_port 29095 && open_port 29096 && open_port 29098 && open_port 29099; }
