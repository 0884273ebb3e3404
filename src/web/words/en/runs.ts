/** English: the words of runs. */
export const runs = {
  title: 'Runs',
};
