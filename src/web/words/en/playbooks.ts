/** English: the words of playbooks. */
export const playbooks = {
  title: 'Playbooks',
};
