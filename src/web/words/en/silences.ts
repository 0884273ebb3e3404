/** English: the words of silences. */
export const silences = {
  title: 'Silences and maintenance windows',
};
