// @ts-check
/** The process of the load: one for all that a scenario measures. */
import { answer } from '../child.js';
import { driveDatagrams } from './loads/datagrams.js';
import { driveEcho, verifyEcho } from './loads/echo.js';
import { driveFiles } from './loads/files.js';
import { flood } from './loads/flood.js';
import { hold, letGo } from './loads/idle.js';
import { driveOpening } from './loads/opening.js';

answer({
  echo: driveEcho,
  verifyEcho: ({ place }) => verifyEcho(place),
  datagrams: driveDatagrams,
  flood,
  opening: driveOpening,
  files: driveFiles,
  hold,
  letGo,
});
