/** English: the words of system. */
export const system = {
  title: 'System',
};
