/** English: the words of rules. */
export const rules = {
  title: 'Rules',
};
