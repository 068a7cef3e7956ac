// Before an install: the versions of Node here are programs for Linux on x64, which pnpm would put in place anywhere.
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(`tools/runtimes is for linux-x64, and this is ${process.platform}-${process.arch}`);
  process.exitCode = 1;
}
