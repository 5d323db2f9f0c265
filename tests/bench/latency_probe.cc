// How long a fact takes from Produce to /metrics: sends a deal.won and scrapes until the lifetime count has grown.
//
//   latency_probe BROKERS TOPIC URL SAMPLES
//
// Expects a KPI deals_won (count, lifetime, no labels). Sends to partition 0, one at a time. Prints one line of JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "daemon/demo/metrics_page.h"
#include "pipeline/kafka/producer.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;

Result<int64_t> DealsWon(const std::string& url) {
  TM_ASSIGN_OR_RETURN(const std::string text, demo::Fetch(url));
  TM_ASSIGN_OR_RETURN(const demo::MetricsPage page, demo::MetricsPage::Parse(text));
  const demo::Sample* sample = page.Find("sales_deals_won{window=\"lifetime\"}");
  return sample == nullptr ? int64_t{0} : static_cast<int64_t>(std::atoll(sample->value.c_str()));
}

Status SendDeal(KafkaProducer* producer, const std::string& topic, int n) {
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  events::v1::Event event;
  event.set_id("probe-" + std::to_string(now.count()) + "-" + std::to_string(n));
  event.set_source("probe");
  event.mutable_time()->set_seconds(now.count() / 1'000'000);
  event.mutable_time()->set_nanos(static_cast<int32_t>(now.count() % 1'000'000) * 1000);
  event.mutable_deal_won()->mutable_deal()->set_id("deal-" + std::to_string(n));
  return producer->Produce(topic, 0, "", event.SerializeAsString(), now.count() / 1000);
}

double Percentile(std::vector<double> sorted, double q) {
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(q * static_cast<double>(sorted.size())))];
}

Status Run(const std::string& brokers, const std::string& topic, const std::string& url, int samples) {
  TM_ASSIGN_OR_RETURN(const auto producer, KafkaProducer::Open(brokers, {{"linger.ms", "0"}}));
  std::vector<double> seconds;
  for (int n = 0; n < samples; ++n) {
    TM_ASSIGN_OR_RETURN(const int64_t before, DealsWon(url));
    const Clock::time_point sent = Clock::now();
    TM_RETURN_IF_ERROR(SendDeal(producer.get(), topic, n));
    for (;;) {
      TM_ASSIGN_OR_RETURN(const int64_t now, DealsWon(url));
      if (now > before) break;
      if (Clock::now() - sent > std::chrono::seconds(60)) return Unavailable("a deal did not show within a minute");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    seconds.push_back(std::chrono::duration<double>(Clock::now() - sent).count());
    std::this_thread::sleep_for(std::chrono::milliseconds(13));  // not in step with the commits
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf("{\"samples\": %zu, \"p50_seconds\": %.4f, \"p99_seconds\": %.4f, \"max_seconds\": %.4f}\n",
              seconds.size(), Percentile(seconds, 0.5), Percentile(seconds, 0.99), seconds.back());
  return {};
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc != 5 || std::atoi(argv[4]) < 1) {
    std::fprintf(stderr, "latency_probe BROKERS TOPIC URL SAMPLES\n");
    return 2;
  }
  const tidemark::Status status = tidemark::Run(argv[1], argv[2], argv[3], std::atoi(argv[4]));
  if (!status.ok()) std::fprintf(stderr, "latency_probe: %s\n", status.text().c_str());
  return status.ok() ? 0 : 1;
}
