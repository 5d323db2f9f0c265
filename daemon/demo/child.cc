#include "daemon/demo/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace tidemark::demo {
namespace {

// Only async-signal-safe calls: other threads may have held any lock at the fork.
[[noreturn]] void Become(char** arguments, int output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);  // it died before the line above
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  execv("/proc/self/exe", arguments);
  _exit(127);
}

}  // namespace

Result<std::unique_ptr<Child>> Child::StartSelf(std::vector<std::string> arguments, const std::string& output_file) {
  arguments.insert(arguments.begin(), "tidemark");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const int output = open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) return Unavailable(output_file + ": " + std::strerror(errno));
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(pointers.data(), output, parent);
  const int error = errno;
  close(output);
  if (pid < 0) return Unavailable(std::string("cannot start the daemon: ") + std::strerror(error));
  return std::unique_ptr<Child>(new Child(pid));
}

Child::~Child() {
  if (!Poll()) Stop(std::chrono::seconds(6));
}

std::optional<int> Child::Poll() {
  int status = 0;
  if (!ended_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return ended_;
}

int Child::Stop(std::chrono::milliseconds patience) {
  constexpr auto kStep = std::chrono::milliseconds(20);
  if (!Poll()) kill(pid_, SIGTERM);
  for (auto waited = kStep; !Poll() && waited < patience; waited += kStep) std::this_thread::sleep_for(kStep);
  if (!Poll()) kill(pid_, SIGKILL);
  while (!Poll()) std::this_thread::sleep_for(kStep);
  return *ended_;
}

}  // namespace tidemark::demo
