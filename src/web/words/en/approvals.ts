/** English: the words of approvals. */
export const approvals = {
  title: 'Approvals',
};
