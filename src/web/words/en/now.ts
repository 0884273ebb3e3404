/** English: the words of now. */
export const now = {
  title: 'Now',
};
