// Loaded before a program (LD_PRELOAD), kills it at a chosen call: right before, in the middle of, or right after the n-th write,
// sync, rename, open, unlink, mkdir or link of paths that match. The program knows nothing of it. Or lets a write find the disk full.
//
// What is asked for stands in the file $TIDEMARK_KILLPOINTS_FILE, which the test maps as well (tests/e2e/kill_points.py): so a
// point can be armed at any moment of the program's life. Nothing is done, and next to nothing spent, while `armed` is 0.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { kWrite = 1, kSync = 2, kRename = 3, kOpen = 4, kUnlink = 5, kMkdir = 6, kLink = 7 };
enum moment { kBefore = 0, kTorn = 1, kAfter = 2, kFull = 3 };

struct control {
  atomic_int armed;  // written last by the test; 0 again once a call was chosen
  int32_t call;
  int32_t moment;
  atomic_int left;   // matching calls that pass before it
  atomic_int hit;    // 1: it was reached
  int32_t least;     // writes of fewer bytes don't match
  char thread[16];   // what the calling thread's name begins with
  char path[512];    // fnmatch's pattern; a * matches no slash
};

static struct control* control;

__attribute__((constructor)) static void MapControl(void) {
  const char* path = getenv("TIDEMARK_KILLPOINTS_FILE");
  if (path == NULL) return;
  int (*real_open)(const char*, int, ...) = dlsym(RTLD_NEXT, "open");
  const int fd = real_open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped != MAP_FAILED) control = mapped;
}

static void Die(void) {
  control->hit = 1;
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Where a descriptor leads to; "" when unknown.
static void PathOf(int fd, char* path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, PATH_MAX - 1);
  path[n < 0 ? 0 : n] = '\0';
}

static void Resolve(int directory, const char* name, char* path) {
  if (name[0] == '/' || directory == AT_FDCWD) {
    snprintf(path, PATH_MAX, "%s", name);
    return;
  }
  char parent[PATH_MAX];
  PathOf(directory, parent);
  snprintf(path, PATH_MAX, "%.2000s/%.2000s", parent, name);
}

// Whether this call is the one. Only one thread is ever told so.
static int Chosen(enum call call, const char* path) {
  if (control->call != (int32_t)call || fnmatch(control->path, path, FNM_PATHNAME | FNM_PERIOD) != 0) return 0;
  if (control->thread[0] != '\0') {
    char name[16] = "";
    prctl(PR_GET_NAME, name);
    if (strncmp(name, control->thread, strlen(control->thread)) != 0) return 0;
  }
  if (atomic_fetch_sub(&control->left, 1) != 0) return 0;
  control->armed = 0;
  return 1;
}

static int Armed(enum call call) { return control != NULL && control->armed && control->call == (int32_t)call; }

// -1: pass. Otherwise the moment at which the call's process ends.
static int AtFile(enum call call, int fd) {
  if (!Armed(call)) return -1;
  char path[PATH_MAX];
  PathOf(fd, path);
  return Chosen(call, path) ? control->moment : -1;
}
static int AtName(enum call call, int directory, const char* name) {
  if (!Armed(call) || name == NULL) return -1;
  char path[PATH_MAX];
  Resolve(directory, name, path);
  return Chosen(call, path) ? control->moment : -1;
}

#define REAL(type, name, ...)            \
  static type (*real)(__VA_ARGS__);      \
  if (real == NULL) real = dlsym(RTLD_NEXT, name)
#define AROUND(at, type, expression)     \
  const int moment = (at);               \
  if (moment == kBefore || moment == kTorn) Die(); \
  type result = (expression);            \
  if (moment == kAfter) Die();           \
  return result

ssize_t write(int fd, const void* bytes, size_t size) {
  REAL(ssize_t, "write", int, const void*, size_t);
  const int moment = Armed(kWrite) && (int64_t)size >= control->least ? AtFile(kWrite, fd) : -1;
  if (moment == kBefore) Die();
  if (moment == kTorn) {
    real(fd, bytes, size / 2);
    Die();
  }
  if (moment == kFull) {
    control->hit = 1;
    real(fd, bytes, size / 2);
    errno = ENOSPC;
    return -1;
  }
  const ssize_t result = real(fd, bytes, size);
  if (moment == kAfter) Die();
  return result;
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  REAL(ssize_t, "pwrite", int, const void*, size_t, off_t);
  AROUND(AtFile(kWrite, fd), ssize_t, real(fd, bytes, size, at));
}
ssize_t writev(int fd, const struct iovec* parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec*, int);
  AROUND(AtFile(kWrite, fd), ssize_t, real(fd, parts, count));
}
int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  AROUND(AtFile(kSync, fd), int, real(fd));
}
int fsync(int fd) {
  REAL(int, "fsync", int);
  AROUND(AtFile(kSync, fd), int, real(fd));
}
int rename(const char* from, const char* to) {
  REAL(int, "rename", const char*, const char*);
  AROUND(AtName(kRename, AT_FDCWD, to), int, real(from, to));
}
int unlink(const char* path) {
  REAL(int, "unlink", const char*);
  AROUND(AtName(kUnlink, AT_FDCWD, path), int, real(path));
}
int unlinkat(int directory, const char* path, int flags) {
  REAL(int, "unlinkat", int, const char*, int);
  AROUND(AtName(kUnlink, directory, path), int, real(directory, path, flags));
}
int remove(const char* path) {
  REAL(int, "remove", const char*);
  AROUND(AtName(kUnlink, AT_FDCWD, path), int, real(path));
}
int rmdir(const char* path) {
  REAL(int, "rmdir", const char*);
  AROUND(AtName(kUnlink, AT_FDCWD, path), int, real(path));
}
int mkdir(const char* path, mode_t mode) {
  REAL(int, "mkdir", const char*, mode_t);
  AROUND(AtName(kMkdir, AT_FDCWD, path), int, real(path, mode));
}
int link(const char* from, const char* to) {
  REAL(int, "link", const char*, const char*);
  AROUND(AtName(kLink, AT_FDCWD, to), int, real(from, to));
}
FILE* fopen(const char* path, const char* mode) {
  REAL(FILE*, "fopen", const char*, const char*);
  AROUND(AtName(kOpen, AT_FDCWD, path), FILE*, real(path, mode));
}
FILE* fopen64(const char* path, const char* mode) {
  REAL(FILE*, "fopen64", const char*, const char*);
  AROUND(AtName(kOpen, AT_FDCWD, path), FILE*, real(path, mode));
}

// The mode is passed on whether there is one or not, as the kernel does.
#define MODE_OF(flags)                                        \
  va_list rest;                                               \
  va_start(rest, flags);                                      \
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; \
  va_end(rest)

int open(const char* path, int flags, ...) {
  MODE_OF(flags);
  REAL(int, "open", const char*, int, ...);
  AROUND(AtName(kOpen, AT_FDCWD, path), int, real(path, flags, mode));
}
int open64(const char* path, int flags, ...) {
  MODE_OF(flags);
  REAL(int, "open64", const char*, int, ...);
  AROUND(AtName(kOpen, AT_FDCWD, path), int, real(path, flags, mode));
}
int openat(int directory, const char* path, int flags, ...) {
  MODE_OF(flags);
  REAL(int, "openat", int, const char*, int, ...);
  AROUND(AtName(kOpen, directory, path), int, real(directory, path, flags, mode));
}
int openat64(int directory, const char* path, int flags, ...) {
  MODE_OF(flags);
  REAL(int, "openat64", int, const char*, int, ...);
  AROUND(AtName(kOpen, directory, path), int, real(directory, path, flags, mode));
}
