import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './checkout';
import { type Building, folderOf, type Pinned, provide, run } from './pinned';
import { programs } from './programs';
import { StackError } from './stack-error';

function jars(name: string, version: string, folder: string, what: string): Pinned {
  const pom = join(checkout, 'infra/stack', folder, 'pom.xml');
  return {
    name,
    version,
    pins: [pom],
    what,
    build: (into, signal) =>
      run(
        'mvn',
        [
          '-B',
          '-ntp',
          '-f',
          pom,
          'dependency:copy-dependencies',
          '-DincludeScope=runtime',
          `-DoutputDirectory=${into}`,
        ],
        { signal },
      ),
  };
}

const broker = jars('kafka', '4.1.0', 'kafka', 'fetching Apache Kafka 4.1.0 with Maven (once; up to a minute)');
const testServer = jars(
  'time-skipping-server',
  '1.32.0',
  'test-server',
  "fetching Temporal's time-skipping server 1.32.0 with Maven (once; up to a minute)",
);

/** A program that runs on the Java machine: `java -cp classPath Main`. */
export interface JavaProgram {
  java: string;
  classPath: string;
}

export function kafkaBroker(building: Building): Promise<JavaProgram> {
  return javaProgram(broker, 'set KAFKA_BROKERS', building);
}

export function timeSkippingJars(building: Building): Promise<JavaProgram> {
  return javaProgram(testServer, 'run the tests that do not skip time', building);
}

async function javaProgram(pinned: Pinned, otherWay: string, building: Building): Promise<JavaProgram> {
  const java = programs.java();
  if (java === undefined) {
    throw new StackError('no-way', `no container engine and no Java 17: install one of them, or ${otherWay}`);
  }
  if (programs.maven() === undefined && !existsSync(folderOf(pinned))) {
    throw new StackError('no-way', `no container engine and no Maven 3: install one of them, or ${otherWay}`);
  }
  return { java, classPath: join(await provide(pinned, building), '*') };
}
