// --seconds=N: trials of each test for so long, or until there are no more; --seed=S repeats the choices.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "tests/disk/trial.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg.starts_with("--seconds=")) tidemark::trial_options.seconds = std::atof(argv[i] + 10);
    if (arg.starts_with("--seed=")) tidemark::trial_options.seed = static_cast<unsigned>(std::strtoul(argv[i] + 7, nullptr, 10));
  }
  // A disk in memory where there is one: power cuts are ours.
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  return RUN_ALL_TESTS();
}
