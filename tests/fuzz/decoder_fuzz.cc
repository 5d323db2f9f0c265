// Records: the decoder against libprotobuf.
#include <google/protobuf/stubs/logging.h>

#include <array>
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

// Which fields of which event type a record has, for libFuzzer to keep those that have others than before: the decoder is one
// loop over tables, whose code tells no field from another.
__attribute__((section("__libfuzzer_extra_counters"))) std::array<std::array<uint8_t, kMaxSlotsPerType>, 128> shown;

}  // namespace

std::string MakeInput(Random& random) {
  if (Below(random, 2) == 0) return RandomWire(random, 0);
  const auto types = Schema::Canonical().event_types();
  return RandomEvent(random, events::v1::Event::default_instance(), types[Below(random, types.size())].payload_field);
}

}  // namespace tidemark::testing

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most) __attribute__((weak));  // libFuzzer's own

// One in 64 is made anew: most changes of bytes leave no message.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  if (seed % 64 != 0) return LLVMFuzzerMutate(data, size, most);
  tidemark::testing::Random random(seed);
  const std::string made = tidemark::testing::MakeInput(random);
  return made.copy(reinterpret_cast<char*>(data), most);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::testing;
  static const google::protobuf::LogSilencer silence;  // about strings that are not UTF-8
  const std::string disagreement = Oracle().Disagreement({reinterpret_cast<const char*>(data), size});
  Expect(disagreement.empty(), disagreement);
  const tidemark::EventRow& row = Oracle().row();
  if (row.error != tidemark::DecodeError::kNone || row.type == tidemark::kNoEventType) return 0;
  for (size_t n = 0; n < tidemark::kMaxSlotsPerType; ++n) shown[row.type.v % 128][n] = row.present >> n & 1;
  return 0;
}
