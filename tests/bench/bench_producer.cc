// Writes canonical events to a broker quickly: the input of the benchmarks.
//
//   bench_producer --brokers=B --topic=T [--events=1000000] [--partitions=8] [--series=1000] [--span-seconds=3600]
//                  [--end-micros=NOW] [--seed=1] [--bytes=170] [--rate=0]
//                  [--customers=100000] [--mix=plain] [--in-turn=0] [--hot=0]
//
// Half lead.created, half order.paid, of `series` different channels and regions each, event times spread evenly over
// the span that ends at --end-micros, record times equal to event times. With --rate events of that many a second are
// sent as time passes, stamped with the wall clock, and --span-seconds is ignored.
// --hot: of 100 events, so many are of one label, customer and partition.
// --format=json, avro or protobuf: the same as a shop's records, which tests/bench/sources.py maps.
// --mix=company: about so many events of the simulated company, by what they are about; series, seed, bytes and rate are not used.
// Prints one line of JSON: what was sent, its checksum (the sum of all order amounts) and bytes.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

#include "pipeline/base/time.h"
#include "pipeline/kafka/producer.h"
#include "tests/bench/bench_events.h"
#include "tests/bench/company_feed.h"
#include "tests/bench/flags.h"

namespace tidemark {
namespace {

Flags Defaults() {
  return {{{"brokers", ""}, {"topic", "bench"}, {"mix", "plain"}, {"format", "canonical"}},
          {{"events", 1'000'000}, {"partitions", 8}, {"series", 1'000}, {"span-seconds", 3'600}, {"end-micros", 0},
           {"seed", 1}, {"bytes", 170}, {"rate", 0}, {"customers", 100'000}, {"in-turn", 0}, {"hot", 0}}};
}

int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool Usable(const Flags& flags) {
  if (const std::string& format = flags.texts.at("format"); format != "canonical" && !ShopFormatOf(format)) return false;
  const auto& n = flags.numbers;
  return !flags.texts.at("brokers").empty() && n.at("events") > 0 && n.at("partitions") > 0 && n.at("series") > 0 && n.at("customers") > 0;
}

Status Run(const Flags& options) {
  const auto& number = options.numbers;
  TM_ASSIGN_OR_RETURN(const auto producer, KafkaProducer::Open(options.texts.at("brokers"),
                                                               {{"linger.ms", number.at("rate") > 0 ? "2" : "50"},
                                                                {"batch.size", "262144"},
                                                                {"enable.idempotence", "true"},
                                                                {"queue.buffering.max.messages", "500000"}}));
  int64_t events = number.at("events");
  const int64_t rate = number.at("rate");
  const int64_t end = number.at("end-micros") > 0 ? number.at("end-micros") : NowMicros();
  const int64_t span = number.at("span-seconds") * kMicrosPerSecond;
  const int64_t began = NowMicros();
  BenchEvents generator({number.at("seed"), number.at("series"), number.at("customers"),
                         static_cast<size_t>(number.at("bytes")), number.at("in-turn") != 0, number.at("hot"),
                         ShopFormatOf(options.texts.at("format"))});
  int64_t checksum = 0;
  uint64_t bytes = 0;
  if (options.texts.at("mix") == "company") {
    const auto produce = [&](int32_t partition, const std::string& text, int64_t time, const events::v1::Event& event) {
      bytes += text.size();
      if (event.has_order_paid()) checksum += event.order_paid().order().amount_micros();
      return producer->Produce(options.texts.at("topic"), partition, "", text, time / 1000);
    };
    TM_ASSIGN_OR_RETURN(events, FeedCompany(events, number.at("partitions"), end, span, produce));
  }
  for (int64_t n = 0; bytes == 0 && n < events; ++n) {
    int64_t time = SpreadTime(n, events, end, span);
    if (rate > 0) {
      const int64_t due = began + n * kMicrosPerSecond / rate;
      if (due > NowMicros()) std::this_thread::sleep_for(std::chrono::microseconds(due - NowMicros()));
      time = NowMicros();
    }
    const std::string& text = generator.Next(n, time);
    TM_RETURN_IF_ERROR(producer->Produce(options.texts.at("topic"), generator.IsHot(n) ? 0 : static_cast<int32_t>(n % number.at("partitions")),
                                         "", text, time / 1000));
  }
  if (bytes == 0) {
    bytes = generator.bytes();
    checksum = generator.checksum_micros();
  }
  TM_RETURN_IF_ERROR(producer->Flush(std::chrono::seconds(120)));
  if (producer->failed() > 0) return Unavailable(std::to_string(producer->failed()) + " records were not written");
  std::printf("{\"events\": %lld, \"bytes\": %llu, \"checksum_micros\": %lld, \"seconds\": %.3f}\n",
              static_cast<long long>(events), static_cast<unsigned long long>(bytes),
              static_cast<long long>(checksum), static_cast<double>(NowMicros() - began) / 1e6);
  return {};
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  tidemark::Flags options = tidemark::Defaults();
  if (!options.Parse(argc, argv) || !tidemark::Usable(options)) {
    std::fprintf(stderr,
                 "bench_producer: --name=value of brokers, topic, events, partitions, series, span-seconds, "
                 "end-micros, seed, bytes, rate, customers, in-turn, hot, format (json, avro, protobuf), or mix=company; brokers are wanted, numbers are not negative\n");
    return 2;
  }
  const tidemark::Status status = tidemark::Run(options);
  if (!status.ok()) std::fprintf(stderr, "bench_producer: %s\n", status.text().c_str());
  return status.ok() ? 0 : 1;
}
