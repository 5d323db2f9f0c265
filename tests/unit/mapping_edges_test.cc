// The edges of what a mapping meets: what becomes of each such record.
#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

struct Met {
  const char* name;
  std::string source, record, becomes;
};
void PrintTo(const Met& met, std::ostream* out) { *out << met.name; }
class MappingEdge : public testing::TestWithParam<Met> {};

INSTANTIATE_TEST_SUITE_P(
    Mapping, MappingEdge,
    testing::Values(
        Met{"IgnoredBesideUnmapped", "each: root\nignore: row.a == 1\nevents: [{emit: deal.updated, when: row.a == 9}]",
            R"([{"a":1},{"a":2}])",
            "unmapped"},
        Met{"IgnoredAlone", "each: root\nignore: row.a == 1\nevents: [{emit: deal.updated, when: row.a == 9}]", R"([{"a":1},{"a":1}])", "ignored"},
        Met{"TheOperationOfAnEvent", "events: [{emit: deal.updated, set: {deal.stage: op}}]",
            "{}",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { stage: "event" } })"},
        Met{"AnOffsetWithoutItsColon", "events: [{emit: deal.updated, set: {deal.created: iso(row.t)}}]",
            R"({"t":"2026-11-20T08:00:00+0100"})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { created { seconds: 1795158000 } } })"},
        Met{"AnOffsetBehindADateAlone", "events: [{emit: deal.updated, set: {deal.created: iso(row.t)}}]",
            R"({"t":"2026-11-20+0100"})",
            "rejected: deal.created a time is wanted, like 2026-11-24T03:36:49Z"},
        Met{"AnOffsetOfOneDigit", "events: [{emit: deal.updated, set: {deal.created: iso(row.t)}}]",
            R"({"t":"2026-11-20T08:00:00-1:00"})",
            "rejected: deal.created a time is wanted, like 2026-11-24T03:36:49Z"},
        Met{"TooFarAwayForItsUnit", "events: [{emit: deal.updated, set: {deal.created: s(row.t)}}]",
            R"({"t":1e30})",
            "rejected: deal.created is no time in its unit"},
        Met{"TooFarBackForItsUnit", "events: [{emit: deal.updated, set: {deal.created: s(row.t)}}]",
            R"({"t":-1e13})",
            "rejected: deal.created is no time in its unit"},
        Met{"NoTimeOnAClock", R"(events: [{emit: deal.updated, set: {deal.created: 'local(row.t, "UTC")'}}])",
            R"({"t":7})",
            "rejected: deal.created a time is wanted"},
        Met{"FarBelowTheField", "events: [{emit: deal.updated, set: {deal.amount: row.a}}]",
            R"({"a":-1e13})",
            "rejected: deal.amount is out of range"},
        Met{"FarAboveTheField", "events: [{emit: deal.updated, set: {deal.amount: row.a}}]", R"({"a":1e36})", "rejected: deal.amount is out of range"},
        Met{"AnExponentWithItsSign", "events: [{emit: deal.updated, set: {deal.amount: row.a}}]",
            R"({"a":"1E+2"})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { amount_micros: 100000000 } })"},
        Met{"ACurrencyInSmallLetters", "events: [{emit: deal.updated, set: {deal.amount: 'minor(row.a, row.c)'}}]",
            R"({"a":7,"c":"jpy"})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { amount_micros: 7000000 } })"},
        Met{"ACurrencyBeyondLetters", "events: [{emit: deal.updated, set: {deal.amount: 'minor(row.a, row.c)'}}]",
            R"({"a":7,"c":"jp{"})",
            "rejected: deal.amount its currency is no ISO 4217 code"},
        Met{"ALongKeyOfAMap", "maps: {p: {array: row.p, key: k, value: v}}\nevents: [{emit: deal.updated, set: {deal.stage: p.a}}]",
            R"({"p":[{"k":")" + std::string(257, 'a') + R"(","v":1},{"k":"a","v":2}]})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { stage: "2" } })"},
        Met{"OneArrayForTwoRules", "events: [{emit: order.item, each: row.p, when: has(item.a), set: {product.id: item.a}}, {emit: order.item, each: row.p, when: not has(item.a), set: {product.id: item.b}}]",
            R"({"p":[{"a":"x","b":1},{"b":2}]})",
            R"(mapped: id: "order.item/t/3/42/0" source: "s" time { seconds: 1700000000 } order_item { product { id: "x" } }; id: "order.item#1/t/3/42/1" source: "s" time { seconds: 1700000000 } order_item { product { id: "2" } })"},
        Met{"CutBehindAName", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"id")",
            "undecodable: bad_json: record is no JSON object"},
        Met{"NoColon", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"id" 1})",
            "undecodable: bad_json: record is no JSON object"},
        Met{"NoValue", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"id":})",
            "undecodable: bad_json: record is no JSON object"},
        Met{"HalfASurrogate", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"id":"\ud800"})",
            "undecodable: bad_json: record is no JSON object"},
        Met{"NoNull", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"id":nul})",
            "undecodable: bad_json: record is no JSON object"},
        Met{"NoTruth", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"id":tru})",
            "undecodable: bad_json: record is no JSON object"},
        Met{"CutObject", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"o":{)",
            "undecodable: bad_json: record is no JSON object"},
        Met{"CutList", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"l":[)",
            "undecodable: bad_json: record is no JSON object"},
        Met{"NoElement", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"l":[,]})",
            "undecodable: bad_json: record is no JSON object"},
        Met{"NoMember", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            R"({"o":{"a":1,}})",
            "undecodable: bad_json: record is no JSON object"},
        Met{"NoName", "events: [{emit: deal.updated, set: {deal.id: row.id, deal.stage: row.o.a, deal.owner: 'row.l[0]'}}]",
            "{1:2}",
            "undecodable: bad_json: record is no JSON object"},
        Met{"ChangedIntoAnObject", "shape: debezium\nevents: [{emit: deal.updated, when: 'changed(row.a)', set: {deal.id: row.id}}]",
            R"({"op":"u","before":{"id":1,"a":1},"after":{"id":1,"a":{}}})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { id: "1" } })"},
        Met{"ChangedFromAnObject", "shape: debezium\nevents: [{emit: deal.updated, when: 'changed(row.a)', set: {deal.id: row.id}}]",
            R"({"op":"u","before":{"id":1,"a":{}},"after":{"id":1,"a":1}})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { id: "1" } })"},
        Met{"ChangedFromATextIntoANumber", "shape: debezium\nevents: [{emit: deal.updated, when: 'changed(row.a)', set: {deal.id: row.id}}]",
            R"({"op":"u","before":{"id":1,"a":"x"},"after":{"id":1,"a":5}})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { id: "1" } })"},
        Met{"ChangedFromANumberIntoAText", "shape: debezium\nevents: [{emit: deal.updated, when: 'changed(row.a)', set: {deal.id: row.id}}]",
            R"({"op":"u","before":{"id":1,"a":5},"after":{"id":1,"a":"x"}})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { id: "1" } })"},
        Met{"TheSameNumberAsText", "shape: debezium\nevents: [{emit: deal.updated, when: 'changed(row.a)', set: {deal.id: row.id}}]",
            R"({"op":"u","before":{"id":1,"a":"5.0"},"after":{"id":1,"a":5}})",
            "unmapped"},
        Met{"ChangedFromNothing", "shape: debezium\nevents: [{emit: deal.updated, when: 'changed(row.a)', set: {deal.id: row.id}}]",
            R"({"op":"u","before":{"id":1,"a":null},"after":{"id":1,"a":5}})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { id: "1" } })"},
        Met{"NothingToNothing", "shape: debezium\nevents: [{emit: deal.updated, when: 'changed(row.a)', set: {deal.id: row.id}}]",
            R"({"op":"u","before":{"id":1,"a":null},"after":{"id":1,"a":null}})",
            "unmapped"},
        Met{"ChangedTogether", "shape: debezium\nevents: [{emit: deal.updated, when: 'changed(concat(row.a, row.b | row.c, meta.op))', set: {deal.id: row.id}}]",
            R"({"op":"u","before":{"id":1,"a":"x","b":"y"},"after":{"id":1,"a":"x","c":"z"}})",
            R"(mapped: id: "deal.updated/t/3/42" source: "s" time { seconds: 1700000000 } deal_updated { deal { id: "1" } })"},
        Met{"TheSameTogether", "shape: debezium\nevents: [{emit: deal.updated, when: 'changed(concat(row.a, row.b | row.c, meta.op))', set: {deal.id: row.id}}]",
            R"({"op":"u","before":{"id":1,"a":"x","b":"y"},"after":{"id":1,"a":"x","c":"y"}})",
            "unmapped"},
        Met{"AnEntityOfItself", "shape: salesforce_cdc\nevents: [{emit: deal.updated, when: has(row), set: {deal.id: item, deal.stage: 'row.l[0].x'}}]",
            R"({"ChangeEventHeader":{"changeType":"UPDATE","recordIds":["a",7],"nulledFields":["l"]},"l":[{"x":null}]})",
            R"(mapped: id: "deal.updated/t/3/42/a" source: "s" time { seconds: 1700000000 } deal_updated { deal { id: "a" } })"},
        Met{"AGapAmongThem", "shape: salesforce_cdc\nevents: [{emit: deal.updated, set: {deal.id: item}}]",
            R"({"ChangeEventHeader":{"changeType":"GAP_UPDATE","recordIds":["a"]}})",
            "gap"},
        Met{"DeletedWithinACloudEvent", "framing: cloudevents\nshape: row\nevents: [{emit: deal.deleted, when: op == delete, set: {deal.id: row.id}}, {emit: deal.updated, when: op == upsert, set: {deal.id: row.id}}]",
            R"({"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"id":"a","__deleted":"true"}})",
            R"(mapped: id: "deal.deleted/%2Fs/1" source: "s" time { seconds: 1700000000 } deal_deleted { deal { id: "a" } })"},
        Met{"ARowWithinACloudEvent", "framing: cloudevents\nshape: row\nevents: [{emit: deal.deleted, when: op == delete, set: {deal.id: row.id}}, {emit: deal.updated, when: op == upsert, set: {deal.id: row.id}}]",
            R"({"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"id":"a","__deleted":"false"}})",
            R"(mapped: id: "deal.updated/%2Fs/1" source: "s" time { seconds: 1700000000 } deal_updated { deal { id: "a" } })"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(MappingEdge, IsMet) { EXPECT_EQ(MappingRig(GetParam().source).Map(GetParam().record), GetParam().becomes); }

// What is wrong in conditions and paths that nobody would write.
INSTANTIATE_TEST_SUITE_P(
    Edges, MappingMistake,
    testing::Values(Mistake{"ComparedThroughNoFunction", "events: [{emit: deal.won, when: 'uppr(row.a) == \"x\"'}]", "m.yaml:7:38: sources.s.events[0].when: uppr is no function; did you mean upper?\n"},
                    Mistake{"ComparedConstants", "events: [{emit: deal.won, when: '\"x\" == \"x\"'}]", ""},
                    Mistake{"ComparedElements", "events: [{emit: order.item, each: row.p, when: 'lower(item.a) == \"x\"'}]", ""},
                    Mistake{"ChangedOfChanged", "events: [{emit: deal.won, when: 'changed(changed(row.a))'}]", "m.yaml:7:38: sources.s.events[0].when: changed wants a field of the row, like row.stage\n"},
                    Mistake{"ChangedOfBecoming", "events: [{emit: deal.won, when: 'changed(becomes(row.a, \"x\"))'}]", "m.yaml:7:38: sources.s.events[0].when: changed wants a field of the row, like row.stage\n"},
                    Mistake{"OldAlone", "shape: dms\nevents: [{emit: deal.won, set: {deal.id: old}}]", "m.yaml:8:46: sources.s.events[0].set.deal.id: old itself is no value here; name a field of it\n"},
                    Mistake{"ARowOfProperties", "shape: {property_change: {name: n, value: v}}\nevents: [{emit: deal.won, set: {deal.id: row}}]", "m.yaml:8:46: sources.s.events[0].set.deal.id: row itself is no value here; write row.PROPERTY\n"},
                    Mistake{"ATimeBesideAMistake", "shape: salesforce_cdc\ntime: ms(row.t)\nevents: [{emit: deal.wun}]", "m.yaml:9:21: sources.s.events[0].emit: \"deal.wun\" is no event type; did you mean deal.won?\n"}),
    NameOf);

// Two rules of one type yield two events of a record; whoever names ids says himself what is one.
TEST(MappingIds, OfTwoRulesOfATypeAreTwoUnlessTheyAreNamed) {
  const std::string rules = "events: [{emit: lead.created, set: {lead.id: row.a}}, {emit: lead.created, set: {lead.id: row.b}}]";
  const std::string two = MappingRig(rules).Map(R"({"a": "x", "b": "y"})");
  EXPECT_NE(two.find("id: \"lead.created/t/3/42\""), std::string::npos) << two;
  EXPECT_NE(two.find("id: \"lead.created#1/t/3/42\""), std::string::npos) << two;
  const std::string one = MappingRig("id: [row.a]\n" + rules).Map(R"({"a": "x", "b": "y"})");
  EXPECT_EQ(one.find('#'), std::string::npos) << one;
}

TEST(MappingTimes, WithoutAnyARecordIsRejectedAndWhatIsLostHasNone) {
  const auto map = [](MappingRig* rig, const std::string& value) {
    MappedEvents events;
    return rig->mapper->Map({"t", 3, Offset{42}, WallTime::min(), {}, value, {}}, rig->scratch.get(), &events);
  };
  MappingRig one("events: [{emit: deal.updated, set: {deal.id: row.id}}]");
  EXPECT_EQ(map(&one, R"({"id":1})"), MapOutcome::kRejected);
  EXPECT_EQ(one.scratch->rejection().field + " " + one.scratch->rejection().why, "time is absent");
  MappingRig said("time: record.timestamp\nevents: [{emit: deal.updated, set: {deal.id: row.id}}]");
  EXPECT_EQ(map(&said, R"({"id":1})"), MapOutcome::kRejected);
  MappingRig gap("shape: salesforce_cdc\ntime: ms(meta.commitTimestamp)\nevents: [{emit: deal.updated, set: {deal.id: item}}]");
  EXPECT_EQ(map(&gap, R"({"ChangeEventHeader":{"changeType":"GAP_UPDATE","recordIds":["a"]}})"), MapOutcome::kGap);
  EXPECT_EQ(gap.scratch->gaps(), std::vector<EventTime>{kNoEventTime});
}

TEST(MappingTimes, ALetterThatSaysAnImpossibleOneHasNone) {
  MappingRig rig("time: record.timestamp\nevents: [{emit: deal.updated, set: {deal.id: row.id}}]");
  const auto sent = [&](const std::string& ms) {
    return rig.Map(R"({"id":1})", {}, {{"tidemark-topic", "t"}, {"tidemark-partition", "7"}, {"tidemark-offset", "8"}, {"tidemark-timestamp", ms}});
  };
  EXPECT_EQ(sent("1700000000001"), R"(mapped: id: "deal.updated/t/7/8" source: "s" time { seconds: 1700000000 nanos: 1000000 } deal_updated { deal { id: "1" } })");
  for (const std::string ms : {"9223372036854775807", "x", ""}) EXPECT_EQ(sent(ms), "rejected: time is absent") << ms;
}

}  // namespace
}  // namespace tidemark
