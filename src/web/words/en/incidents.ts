/** English: the words of incidents. */
export const incidents = {
  title: 'Incidents',
};
