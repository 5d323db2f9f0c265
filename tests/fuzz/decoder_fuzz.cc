// Records: the decoder against libprotobuf.
#include <google/protobuf/stubs/logging.h>

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

}  // namespace

std::string MakeInput(Random& random) { return RandomWire(random, 0); }

}  // namespace tidemark::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::testing;
  static const google::protobuf::LogSilencer silence;  // about strings that are not UTF-8
  const std::string disagreement = Oracle().Disagreement({reinterpret_cast<const char*>(data), size});
  Expect(disagreement.empty(), disagreement);
  return 0;
}
