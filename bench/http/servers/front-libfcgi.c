/* The application of front-wirestack.js on libfcgi: PATH and the number of processes as arguments. A kept connection takes a process. */
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int serve(int listening) {
  FCGX_Request request;
  FCGX_InitRequest(&request, listening, 0);
  while (FCGX_Accept_r(&request) == 0) {
    const char *path = FCGX_GetParam("DOCUMENT_URI", request.envp);
    const char *method = FCGX_GetParam("REQUEST_METHOD", request.envp);
    char body[256];
    int length = snprintf(body, sizeof body, "hello %s\n", path == NULL ? "" : path);
    FCGX_FPrintF(request.out, "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nX-Method: %s\r\nContent-Length: %d\r\n\r\n%s",
                 method == NULL ? "" : method, length, body);
    FCGX_Finish_r(&request);
  }
  return 0;
}

int main(int count, char **arguments) {
  pid_t children[256];
  sigset_t ends;
  int listening, processes, i, got;
  if (count != 3) return 2;
  processes = atoi(arguments[2]);
  if (processes < 1 || processes > 256) return 2;
  FCGX_Init();
  listening = FCGX_OpenSocket(arguments[1], 1024);
  if (listening < 0) return 1;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  for (i = 0; i < processes; i++) {
    children[i] = fork();
    if (children[i] < 0) return 1;
    if (children[i] > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return serve(listening);
  }
  sigprocmask(SIG_BLOCK, &ends, NULL);
  sigwait(&ends, &got);
  /* Each is waited for, so that none is left. */
  for (i = 0; i < processes; i++) {
    kill(children[i], SIGKILL);
    waitpid(children[i], NULL, 0);
  }
  return 0;
}
