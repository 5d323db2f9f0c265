#include "tests/simulation/shrink.h"

#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

namespace tidemark::simulation {
namespace {

std::string ReadAll(int fd) {
  std::string text;
  char part[4096];
  for (ssize_t n = 0; (n = read(fd, part, sizeof(part))) > 0;) text.append(part, static_cast<size_t>(n));
  return text;
}

// The least value from 0 on for which `fails` still holds, as far as halving finds it.
int Least(int most, const std::function<bool(int)>& fails) {
  for (int cut = (most + 1) / 2; cut > 0;) {
    if (most >= cut && fails(most - cut)) {
      most -= cut;
      cut = std::min(cut, (most + 1) / 2);
    } else {
      cut /= 2;
    }
  }
  return most;
}

// Failures of one kind: the words, without what is counted or named.
std::string KindOf(const Outcome& outcome) {
  if (!outcome.kpi.empty()) return outcome.failure.starts_with("rule ") ? "a rule" : "a value";
  std::string kind = outcome.failure.substr(0, outcome.failure.find_first_of("{0123456789"));
  return kind.substr(0, 40);
}

}  // namespace

Outcome SimulateAside(const Settings& settings) {
  Outcome outcome;
  int ends[2];
  TM_CHECK(pipe(ends) == 0);
  std::cout.flush();
  const pid_t child = fork();
  TM_CHECK(child >= 0);
  if (child == 0) {
    close(ends[0]);
    const Outcome own = Simulate(settings);
    const std::string text = own.kpi + "\n" + own.failure;
    const bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  const std::string text = ReadAll(ends[0]);
  close(ends[0]);
  int status = 0;
  TM_CHECK(waitpid(child, &status, 0) == child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    outcome.failure = "the process died, signal " + std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return outcome;
  }
  const size_t line = text.find('\n');
  outcome.kpi = text.substr(0, line);
  outcome.failure = text.substr(line + 1);
  return outcome;
}

Settings Shrink(Settings failing, Outcome outcome, const std::function<Outcome(const Settings&)>& simulate,
                const std::function<void(const std::string&)>& say) {
  failing.trace = false;
  const std::string kind = KindOf(outcome);
  const auto still_fails = [&](const Settings& less) {
    Outcome with_less = simulate(less);
    if (with_less.failure.empty() || KindOf(with_less) != kind) return false;
    failing = less;
    outcome = std::move(with_less);
    return true;
  };
  const auto fewer = [&](int Settings::*of, int now, const char* what) {
    const int least = Least(now, [&](int n) {
      Settings less = failing;
      less.*of = n;
      return still_fails(less);
    });
    say(std::to_string(least) + " " + what);
    return least;
  };
  int events = std::min(failing.events, outcome.events), steps = std::min(failing.steps, outcome.steps);
  for (bool smaller = true; smaller;) {
    smaller = false;
    const int before = events + steps;
    steps = fewer(&Settings::steps, steps, "steps");
    events = fewer(&Settings::events, events, "events");
    smaller |= events + steps < before;
    for (size_t f = 0; f < kFaults; ++f) {
      Settings less = failing;
      if (!less.without.insert(static_cast<Fault>(f)).second || !still_fails(less)) continue;
      say("without " + std::string(NameOf(static_cast<Fault>(f))));
      smaller = true;
    }
  }
  if (!outcome.kpi.empty() && failing.kpis.empty()) {
    Settings less = failing;
    less.kpis = {outcome.kpi};
    if (still_fails(less)) say("only " + *less.kpis.begin());
  }
  return failing;
}

std::string CommandFor(const Settings& settings) {
  std::string command = "simulate --seed=" + std::to_string(settings.seed);
  std::string without, with;
  for (size_t f = 0; f < kFaults; ++f) {
    std::string& list = settings.without.contains(static_cast<Fault>(f)) ? without : with;
    list += (list.empty() ? "" : ",") + std::string(NameOf(static_cast<Fault>(f)));
  }
  if (!without.empty()) command += with.size() < without.size() ? " --with=" + with : " --without=" + without;
  if (settings.events != INT_MAX) command += " --events=" + std::to_string(settings.events);
  if (settings.steps != INT_MAX) command += " --steps=" + std::to_string(settings.steps);
  std::string list;
  for (const std::string& kpi : settings.kpis) list += (list.empty() ? "" : ",") + kpi;
  if (!list.empty()) command += " --kpis=" + list;
  return command + " --trace";
}

}  // namespace tidemark::simulation
