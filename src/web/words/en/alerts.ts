/** English: the words of alerts. */
export const alerts = {
  title: 'Alerts',
};
