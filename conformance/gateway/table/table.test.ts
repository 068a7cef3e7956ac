import { apacheServer } from './apache-server.ts';
import { describeReference, describeTable } from './describe-table.ts';
import { lambdaServers } from './lambda-servers.ts';
import { nginxServers } from './nginx-servers.ts';
import { nodeServer } from './node-server.ts';
import { pythonServer } from './python-server.ts';

describeReference();
describeTable([...nginxServers, pythonServer, apacheServer, nodeServer, ...lambdaServers]);
