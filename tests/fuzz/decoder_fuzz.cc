// The decoder against libprotobuf on bytes from anywhere: under libFuzzer, or by itself on a number of random inputs,
// `decoder_fuzz [INPUTS [SEED]]`. Aborts with the input in hexadecimal at the first disagreement.
#include <google/protobuf/stubs/logging.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "tests/fuzz/decoder_inputs.h"
#include "tests/fuzz/decoder_oracle.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark::testing {
namespace {

// The same paths in every run, so that an input found once fails again.
DecoderOracle& Oracle() {
  static const auto oracle = [] {
    Random random(20);
    std::vector<Projection> projections;
    for (PathChoice& choice : RandomPaths(random, Schema::Canonical())) {
      projections.push_back({choice.type, std::move(choice.paths)});
    }
    return std::make_unique<DecoderOracle>(Schema::Canonical(), events::v1::Event::default_instance(), std::move(projections));
  }();
  return *oracle;
}

void Check(std::string_view record) {
  const std::string disagreement = Oracle().Disagreement(record);
  if (disagreement.empty()) return;
  std::fprintf(stderr, "%s\ninput:", disagreement.c_str());
  for (const char byte : record) std::fprintf(stderr, " %02x", static_cast<unsigned char>(byte));
  std::fprintf(stderr, "\n");
  std::abort();
}

}  // namespace
}  // namespace tidemark::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silence;  // about strings that are not UTF-8
  tidemark::testing::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}

#ifndef TIDEMARK_LIBFUZZER
int main(int argc, char** argv) {
  using namespace tidemark::testing;
  const google::protobuf::LogSilencer silence;  // about strings that are not UTF-8
  const long inputs = argc > 1 ? std::atol(argv[1]) : 20000;
  Random random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  std::string last;
  for (long n = 0; n < inputs; ++n) {
    std::string record = RandomWire(random, 0);
    Check(record);
    Check(Damaged(random, record, last));
    last = std::move(record);
  }
  std::printf("%ld inputs, no disagreement\n", 2 * inputs);
  return 0;
}
#endif
