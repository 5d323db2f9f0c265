// Where nothing new appears, an event costs no allocation: proven by an allocator that counts. A program of its own, because it
// replaces the allocation functions of all of it.
#include <cstdlib>
#include <new>
#include <utility>

#include "config/config.h"
#include "tests/fakes/engine_rig.h"

namespace {

thread_local int64_t allocations = 0;
thread_local bool counting = false;

void* Allocate(size_t size, size_t alignment) {
  if (counting) ++allocations;
  void* p = alignment <= alignof(std::max_align_t) ? std::malloc(size) : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (p == nullptr) std::abort();
  return p;
}

}  // namespace

void* operator new(size_t size) { return Allocate(size, 1); }
void* operator new[](size_t size) { return Allocate(size, 1); }
void* operator new(size_t size, std::align_val_t alignment) { return Allocate(size, static_cast<size_t>(alignment)); }
void* operator new[](size_t size, std::align_val_t alignment) { return Allocate(size, static_cast<size_t>(alignment)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { std::free(p); }

namespace tidemark {
namespace {

template <class Call>
auto Uncounted(const Call& call) {
  const bool before = std::exchange(counting, false);
  auto result = call();
  counting = before;
  return result;
}

// What records cost until they are handed over is the source's.
class UncountedSource final : public RecordSource {
 public:
  explicit UncountedSource(RecordSource* inner) : inner_(*inner) {}
  AssignmentChange Poll() override { return Uncounted([&] { return inner_.Poll(); }); }
  Status Assign(std::span<const StartAt> starts) override { return inner_.Assign(starts); }
  Result<RecordBatch> Take(PartitionId id, size_t most) override { return Uncounted([&] { return inner_.Take(id, most); }); }
  PartitionStatus status(PartitionId id) override { return Uncounted([&] { return inner_.status(id); }); }
  bool ready(PartitionId id) const override { return inner_.ready(id); }
  void Wait(Duration timeout) override { inner_.Wait(timeout); }
  void ReportProgress(std::span<const std::pair<TopicPartition, Offset>> offsets) override { inner_.ReportProgress(offsets); }

 private:
  RecordSource& inner_;
};

// Events that say the same again and again, within one minute.
void Feed(EngineRig* rig, int events) {
  constexpr int kIds = 500;
  for (int n = 0; n < events; ++n) {
    tidemark::events::v1::Event e;
    auto* order = e.mutable_order_paid()->mutable_order();
    order->set_amount_micros(1'000'000 * (n % 7));
    order->set_region(n % 2 == 0 ? "emea" : "a region of a very long name");
    order->set_customer("customer-with-a-long-id-" + std::to_string(n % kIds));
    rig->Append(e, 10 + n % 40, 0, "event-" + std::to_string(n % kIds));
  }
}

// What the engine allocates for 10,000 events like those that it had before.
int64_t AllocationsOf(const std::string& kpis, const std::string& topic = "{name: crm, dedup: off}") {
  EngineRig rig;
  Diagnostics diagnostics;
  Specs specs;
  ParseConfig("kpis.yaml", "kafka: {brokers: none}\ntopics: [" + topic + "]\nkpis:\n" + kpis, &specs, &diagnostics);
  const auto plan = diagnostics.empty() ? Plan::Compile(specs, Schema::Canonical(), &diagnostics) : nullptr;
  EXPECT_NE(plan, nullptr) << diagnostics.ToString();
  if (plan == nullptr) return -1;
  MemorySource logs(&rig.logs);
  UncountedSource source(&logs);
  EngineOptions options;
  options.min_commit_interval = options.max_commit_interval = std::chrono::hours(24);
  const WallTime now = EngineRig::WallAt(100);
  auto engine = Engine::Open(plan, &rig.store, &source, now, options);
  EXPECT_TRUE(engine.ok()) << engine.status().text();
  EXPECT_TRUE((*engine)->Step(now).ok());  // takes its partition and commits
  constexpr int kEvents = 10'000;
  for (const bool again : {false, true}) {
    Feed(&rig, kEvents);
    counting = again;
    for (int rounds = 0; rounds < 30; ++rounds) {
      if (!(*engine)->Step(now).ok()) ADD_FAILURE();
    }
    counting = false;
  }
  EXPECT_TRUE((*engine)->Commit(now).ok());
  EXPECT_EQ((*engine)->view()->partitions()[0].counts.accepted + (*engine)->view()->partitions()[0].counts.duplicate, 2 * kEvents);
  return std::exchange(allocations, 0);
}

TEST(Allocation, IsCounted) {
  counting = true;
  std::make_unique<int>(1).reset();
  counting = false;
  EXPECT_EQ(std::exchange(allocations, 0), 1);
}

TEST(Allocation, PlainKpisNeedNone) {
  EXPECT_EQ(AllocationsOf("  - {name: orders, on: order.paid, count: true, by: {sales_region: order.region}, windows: [1h, 24h, lifetime]}\n"
                          "  - {name: large, on: order.paid, count: true, where: 'order.region != \"emea\"', windows: [1h]}\n"
                          "  - {name: value, on: order.paid, avg: order.amount, by: {sales_region: order.region}, windows: [1h, 24h]}\n"
                          "  - {name: highest, on: order.paid, max: order.amount, windows: [1h]}\n"
                          "  - {name: newest, on: order.paid, last: order.amount, windows: [1h]}\n"
                          "  - {name: spread, on: order.paid, quantiles: order.amount, stats: [p50, p90], windows: [1h]}\n"),
            0);
}

TEST(Allocation, DuplicatesNeedNone) {
  EXPECT_EQ(AllocationsOf("  - {name: orders, on: order.paid, count: true, windows: [1h]}\n", "{name: crm, dedup: {horizon: 24h}}"), 0);
}

TEST(Allocation, EntitiesThatAreKnownNeedNone) {
  EXPECT_EQ(AllocationsOf("  - {name: customers, on: order.paid, distinct: order.customer, by: {sales_region: order.region}, windows: [1h]}\n"
                          "  - {name: loyal, on: order.paid, distinct: order.customer, at_least: 2, windows: [1h]}\n"
                          "  - {name: new_customers, on: order.paid, first: order.customer, windows: [1h, lifetime]}\n"
                          "  - {name: active_customers, on: order.paid, active: order.customer, windows: [1h]}\n"),
            0);
}

}  // namespace
}  // namespace tidemark
