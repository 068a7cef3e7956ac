/* The application of front-wirestack.js as a CGI program, for fcgiwrap. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  const char *path = getenv("DOCUMENT_URI");
  const char *method = getenv("REQUEST_METHOD");
  char body[256];
  int length = snprintf(body, sizeof body, "hello %s\n", path == NULL ? "" : path);
  printf("Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nX-Method: %s\r\nContent-Length: %d\r\n\r\n%s",
         method == NULL ? "" : method, length, body);
  return 0;
}
