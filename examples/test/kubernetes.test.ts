import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ask, Redis, startInstance } from './machines.ts';

const root = new URL('../../', import.meta.url);
const folder = new URL('apps/demo/kubernetes/', root);

/** What these tests read of a manifest. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

type Labels = Readonly<Record<string, string>>;

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

interface Deployment extends Manifest {
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Labels };
    readonly strategy: { readonly rollingUpdate: { readonly maxUnavailable: number } };
    readonly template: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly topologySpreadConstraints: readonly { labelSelector: { matchLabels: Labels } }[];
        readonly containers: readonly [Container];
      };
    };
  };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

interface Service extends Manifest {
  readonly spec: {
    readonly selector: Labels;
    readonly ports: readonly { readonly targetPort: string | number }[];
  };
}

interface Budget extends Manifest {
  readonly spec: { readonly maxUnavailable: number; readonly selector: { readonly matchLabels: Labels } };
}

interface Autoscaler extends Manifest {
  readonly spec: {
    readonly scaleTargetRef: Manifest & { readonly name: string };
    readonly minReplicas: number;
  };
}

async function manifest<T>(file: string): Promise<T> {
  return parse(await readFile(new URL(file, folder), 'utf8')) as T;
}

const deployment = await manifest<Deployment>('deployment.yaml');
const pod = deployment.spec.template;
const [container] = pod.spec.containers;
const { startupProbe, readinessProbe, livenessProbe } = container;

describe("the demo's Kubernetes manifests", () => {
  test('are each one document without mistakes, and all of them what kustomization.yaml names', async () => {
    const files = await readdir(folder);
    for (const file of files) {
      const documents = parseAllDocuments(await readFile(new URL(file, folder), 'utf8'));
      expect(documents).toHaveLength(1);
      expect(documents).toMatchObject([{ errors: [], warnings: [] }]);
    }
    const { resources } = await manifest<{ resources: string[] }>('kustomization.yaml');
    expect([...resources, 'kustomization.yaml'].sort()).toEqual([...files].sort());
  });

  test('mean the same pods, and the port that the program listens at', async () => {
    const labels = pod.metadata.labels;
    const service = await manifest<Service>('service.yaml');
    const budget = await manifest<Budget>('pod-disruption-budget.yaml');
    const [spread] = pod.spec.topologySpreadConstraints;
    for (const selector of [
      deployment.spec.selector.matchLabels,
      service.spec.selector,
      budget.spec.selector.matchLabels,
      spread?.labelSelector.matchLabels,
    ])
      expect(labels).toMatchObject(selector as Labels);
    const [port] = container.ports;
    expect(String(port?.containerPort)).toBe(argument('port'));
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe])
      expect(httpGet.port).toBe(port?.name);
    expect(service.spec.ports).toMatchObject([{ targetPort: port?.name }]);
  });

  test('keep a pod serving, whatever one of them does', async () => {
    const { spec: budget } = await manifest<Budget>('pod-disruption-budget.yaml');
    const { spec: autoscaler } = await manifest<Autoscaler>('horizontal-pod-autoscaler.yaml');
    expect(autoscaler.scaleTargetRef).toEqual({
      apiVersion: deployment.apiVersion,
      kind: deployment.kind,
      name: deployment.metadata.name,
    });
    expect(deployment.spec.replicas).toBe(autoscaler.minReplicas);
    expect(autoscaler.minReplicas).toBeGreaterThan(budget.maxUnavailable);
    expect(deployment.spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
  });

  test('give a pod that ends the time that it takes', () => {
    const delay = Number(argument('drain-delay'));
    const accepting = container.lifecycle.preStop.sleep.seconds + delay;
    expect(accepting + Number(argument('drain-time'))).toBeLessThan(pod.spec.terminationGracePeriodSeconds);
    // A pod that says that it is going is not taken for dead meanwhile.
    expect(livenessProbe.httpGet.path).not.toBe(readinessProbe.httpGet.path);
  });

  test('ask for what the program has, with arguments that it takes', async () => {
    const redis = await Redis.start();
    const { program, address } = await startInstance(runnable(container.args), redis);
    const status = async ({ httpGet }: Probe): Promise<number> => (await ask(address, httpGet.path)).status;
    expect([await status(startupProbe), await status(readinessProbe), await status(livenessProbe)]).toEqual([
      200, 200, 200,
    ]);
    program.signal('SIGTERM');
    // In the time of its drain delay.
    while ((await status(readinessProbe)) === 200);
    expect([await status(livenessProbe), await status(readinessProbe)]).toEqual([200, 503]);
    program.signal('SIGTERM');
    expect(await program.ended()).toMatchObject({ code: 0 });
  });
});

test("the demo's Dockerfile copies what its command runs, and the manifests run the same module", async () => {
  const lines = (await readFile(new URL('apps/demo/Dockerfile', root), 'utf8')).split('\n');
  const copied = lines.flatMap((line) => /^COPY --from=build \/app\/(\S+) /.exec(line)?.[1] ?? []);
  for (const path of copied) expect(existsSync(new URL(path, root)), path).toBe(true);
  const words = (name: string): string[] =>
    JSON.parse(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length) ?? '') as string[];
  const [node, main = ''] = words('ENTRYPOINT');
  const [command, module = '', ...rest] = words('CMD');
  expect([node, command]).toEqual(['node', 'run']);
  expect(container.args.slice(0, 2)).toEqual([command, module]);
  for (const path of [main, module]) {
    expect(existsSync(new URL(path, root)), path).toBe(true);
    expect(
      copied.some((folderName) => path.startsWith(`${folderName}/`)),
      path,
    ).toBe(true);
  }
  expect(lines).toContain(`EXPOSE ${rest.at(-1) ?? ''}`);
  expect(rest.at(-1)).toBe(argument('port'));
});

function argument(name: string): string | undefined {
  return container.args.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** The same, from here, and at a port of this machine: what is said last counts. */
function runnable(args: readonly string[]): string[] {
  const fromHere = args.map((each) => (each.startsWith('examples/') ? new URL(each, root).pathname : each));
  return [...fromHere, '--bind=127.0.0.1', '--port=0'];
}
