import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SUBJECT_SETTINGS, createSubject, hostIn } from './subject.js';

const Settings = z.object(SUBJECT_SETTINGS);
const subject = createSubject(Settings.parse({}));

describe('the service that an alert is about', () => {
  it.each([
    [{ service: 'a', service_name: 'b', app: 'c', job: 'd' }, 'a'],
    [{ service_name: 'b', app: 'c', job: 'd' }, 'b'],
    [{ app: 'c', 'app.kubernetes.io/name': 'e', job: 'd' }, 'c'],
    [{ 'app.kubernetes.io/name': 'e', job: 'd' }, 'e'],
    [{ service: '', job: 'd' }, 'd'],
    [{ service: ' ', app: '\t', job: 'd' }, 'd'],
    [{ deployment: 'shop' }, 'shop'],
    [{ alertname: 'X' }, null],
  ])('is, in the order of the labels, %j → %s', (labels: Record<string, string>, expected) => {
    expect(subject.serviceOf(labels)).toBe(expected);
  });

  it.each([
    [{ job: 'kube-state-metrics', service: 'ksm', deployment: 'shop' }, 'shop'],
    [{ job: 'kube-state-metrics', service: 'ksm', statefulset: 'db', container: 'pg' }, 'db'],
    [{ job: 'monitoring/kube-state-metrics', daemonset: 'agent' }, 'agent'],
    [{ job: 'cadvisor', container: 'checkout', instance: '10.0.0.1:8080' }, 'checkout'],
    [{ job: 'kubelet', service: 'prometheus-kubelet', container: 'checkout' }, 'checkout'],
    [{ job: 'prometheus-node_exporter', service: 'node-exporter', instance: '10.0.0.1:9100' }, null],
    [{ job: 'Blackbox-Exporter', service: 'blackbox', instance: 'https://shop.example.com' }, null],
    [{ job: 'kube-state-metrics', container: 'kube-state-metrics', node: 'worker-1' }, null],
    [{ job: 'kube-state-metrics', container: 'kube-state-metrics', exported_container: 'shop' }, 'shop'],
  ])('is never the exporter that speaks about others: %j → %s', (labels: Record<string, string>, expected) => {
    expect(subject.serviceOf(labels)).toBe(expected);
  });

  it('is not taken for an exporter because its name contains one', () => {
    expect(subject.serviceOf({ job: 'snmpd-portal', service: 'portal' })).toBe('portal');
  });

  it('follows the configured order and list', () => {
    const own = createSubject(
      Settings.parse({ service_labels: ['team_service', 'app'], exporter_jobs: ['my.exporter'] }),
    );

    expect(own.serviceOf({ service: 'a', team_service: 'b' })).toBe('b');
    expect(own.serviceOf({ job: 'kube-state-metrics', app: 'c' })).toBe('c');
    expect(own.serviceOf({ job: 'my.exporter', app: 'c', deployment: 'd' })).toBe('d');
    expect(own.serviceOf({ job: 'my-exporter', app: 'c' })).toBe('c');
  });
});

describe('the host that an alert is about', () => {
  it.each([
    [{ instance: '10.0.0.7:9100' }, '10.0.0.7'],
    [{ instance: 'web-1:9100', host: '10.0.0.7' }, '10.0.0.7'],
    [{ instance: 'web-1:9100', host: 'web-1.example.com' }, 'web-1'],
    [{ hostname: 'db1' }, 'db1'],
    [{ instance: '[2001:db8::7]:9100' }, '2001:db8::7'],
    [{ job: 'kube-state-metrics', instance: '10.244.0.9:8080', node: 'worker-1' }, 'worker-1'],
    [{ job: 'kube-state-metrics', instance: '10.244.0.9:8080' }, null],
    [{ job: 'node-exporter', instance: '10.0.0.7:9100', nodename: 'web-1' }, '10.0.0.7'],
    [{}, null],
  ])('prefers an address to a name: %j → %s', (labels: Record<string, string>, expected) => {
    expect(subject.hostOf(labels)).toBe(expected);
  });
});

describe('hostIn', () => {
  it.each([
    ['10.0.0.7', '10.0.0.7'],
    ['db1:5432', 'db1'],
    ['db1:', 'db1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[::1]:9100', '::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8:0:0:0:0:0:1:9100', '2001:db8:0:0:0:0:0:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%eth0]:80', 'fe80::1'],
    ['https://user:pw@shop.example.com:8443/health?x=1', 'shop.example.com'],
    ['http://[2001:db8::1]:80/', '2001:db8::1'],
    ['shop.example.com/health', 'shop.example.com'],
    ['Web server 1', 'Web server 1'],
    [' 10.0.0.7:80 ', '10.0.0.7'],
    [':9100', null],
    ['', null],
    ['/var/run/x.sock', null],
  ])('of %j is %s', (text, expected) => {
    expect(hostIn(text)).toBe(expected);
  });
});
