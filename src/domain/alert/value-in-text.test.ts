import { expect, it } from 'vitest';
import { valueInText } from './value-in-text.js';

it.each([
  ['p99 latency is 1240 ms', 1240, 'ms'],
  ['CPU usage is 95.2% (threshold is 90%)', 95.2, '%'],
  ['CPU usage above 90% for 5m, current value: 97.25', 97.25, null],
  ['Current value 12,345 on db-3', 12345, null],
  ['usage=93.5%', 93.5, '%'],
  ['Disk /data is 91 % full', 91, '%'],
  ['memory is currently 1.5GiB of 2GiB', 1.5, 'GiB'],
  ['error rate: 2.5 % over the last 10m', 2.5, '%'],
  ['value of 0.25 exceeds the limit of 0.1', 0.25, null],
  ['value = 7 and again value = 7', 7, null],
  ['latency was 1.2 K', 1200, null],
  ['VALUE: -3.5e2', -350, null],
  ['当前值: 95', 95, null],
  ['内存使用率当前值为 91.5%', 91.5, '%'],
  ['CPU使用率超过 90%，持续 5 分钟，当前：97.3％', 97.3, '%'],
  ['订单服务延迟达到 1240 毫秒（阈值为 500 毫秒）', 1240, '毫秒'],
  ['响应时间为 1,240 毫秒', 1240, '毫秒'],
  ['磁盘使用率为 91%，阈值：85%', 91, '%'],
])('%s has the value %d %s', (text, value, unit) => {
  expect(valueInText(text)).toEqual({ value, unit });
});

it.each([
  'host db-3 at 12:30',
  'load1 = 2.730 on 127.0.0.1:29100',
  'up is 0 for checkout/127.0.0.1:29996',
  'Pod web-7f9 is not ready for 15m',
  'threshold is 90%',
  'latency above 500ms for 10m',
  'latency > 500ms',
  'the certificate is 30 days old',
  'a is 5 ms, b is 7 ms',
  'value is 192.168.0.1',
  'since: 5m',
  'version=1.2.3',
  'restarted at=10:15',
  'nothing here',
  '阈值为 90%',
  '持续时间为 5 分钟，间隔：30 秒',
  'CPU使用率高于 90%',
  '错误数 5',
  '主机为 10.0.0.1',
  '',
  `value is 5 ${'x'.repeat(3_000)}`,
])('%s has none', (text) => {
  expect(valueInText(text)).toBeNull();
});

it('takes no longer for a text that was made to', () => {
  const text = `${'value value is : = '.repeat(50)}${'1,000'.repeat(150)}`.slice(0, 2_000);
  expect(valueInText(text)).toBeNull();
});
