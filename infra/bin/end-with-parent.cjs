/** Loaded before a command: when the process that started it is gone, even by kill -9, the command ends too. */
const graceMs = 20_000;

// Whatever the command starts inherits this file, jest's workers for one: they live as long as the command lets them.
if (process.ppid === Number(process.env.MILLRACE_LAUNCHER)) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
  });

  process.channel?.unref(); // listening alone would keep a finished command alive
}
