// Mistakes in the text of a source, said where they stand; and what looks like one.
#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Text, MappingMistake,
    testing::Values(
        Mistake{"ShapeByName", "shape: property_change\nevents: [{emit: deal.won}]",
                "m.yaml:7:12: sources.s.shape: says where the property is: {property_change: {name: propertyName, value: propertyValue}}\n"},
        Mistake{"ShapeWithoutMembers", "shape: {property_change: {name: propertyName}}\nevents: [{emit: deal.won}]", "m.yaml:7:30: sources.s.shape.property_change: \"value\" is missing\n"},
        Mistake{"ShapeOfNothing", "shape: {other: 1}\nevents: [{emit: deal.won}]",
                "m.yaml:7:12: sources.s.shape: \"property_change\" is missing\nm.yaml:7:13: sources.s.shape: unknown key \"other\"; there is: property_change\n"},
        Mistake{"ShapeWithBadMembers", "shape: {property_change: {name: '1 a', value: v}}\nevents: [{emit: deal.won}]",
                "m.yaml:7:37: sources.s.shape.property_change.name: \"1 a\" is not the name of a member, like value.int_value\n"},
        Mistake{"ShapeIsAList", "shape: [row]\nevents: [{emit: deal.won}]", "m.yaml:7:12: sources.s.shape: a single value is wanted here\n"},
        Mistake{"ListsAreAMap", "lists: [won]\nevents: [{emit: deal.won}]", "m.yaml:7:12: sources.s.lists: a map (key: value) is wanted here\n"},
        Mistake{"AListsName", "lists: {'1 won': [a]}\nevents: [{emit: deal.won}]",
                "m.yaml:7:13: sources.s.lists.1 won: \"1 won\" is not a name (a-z, 0-9 and _, first a letter); nearest: won\n"},
        Mistake{"AListOfNone", "lists: {won: []}\nevents: [{emit: deal.won}]", "m.yaml:7:18: sources.s.lists.won: is empty\n"},
        Mistake{"WordsAreAMap", "words: [a]\nevents: [{emit: deal.won}]", "m.yaml:7:12: sources.s.words: a map (key: value) is wanted here\n"},
        Mistake{"AWordsName", "words: {'1 w': {a: b}}\nevents: [{emit: deal.won}]", "m.yaml:7:13: sources.s.words.1 w: \"1 w\" is not a name (a-z, 0-9 and _, first a letter); nearest: w\n"},
        Mistake{"WordsOfNoMap", "words: {w: [a]}\nevents: [{emit: deal.won}]", "m.yaml:7:16: sources.s.words.w: a map (key: value) is wanted here\n"},
        Mistake{"MapsAreAMap", "maps: [a]\nevents: [{emit: deal.won}]", "m.yaml:7:11: sources.s.maps: a map (key: value) is wanted here\n"},
        Mistake{"AMapsName", "maps: {'1 m': {array: row.a, key: k, value: v}}\nevents: [{emit: deal.won}]",
                "m.yaml:7:12: sources.s.maps.1 m: \"1 m\" is not a name (a-z, 0-9 and _, first a letter); nearest: m\n"},
        Mistake{"AMapsNameIsTaken", "maps: {row: {array: row.a, key: k, value: v}}\nevents: [{emit: deal.won}]",
                "m.yaml:7:12: sources.s.maps.row: has a meaning of its own in paths; take another name\n"},
        Mistake{"AMapWithoutAnArray", "maps: {m: {key: k, value: v}}\nevents: [{emit: deal.won}]", "m.yaml:7:15: sources.s.maps.m: \"array\" is missing\n"},
        Mistake{"AMapWithoutAKeysName", "maps: {m: {array: row.a, value: v}}\nevents: [{emit: deal.won}]", "m.yaml:7:15: sources.s.maps.m: \"key\" is missing\n"},
        Mistake{"AMapWithoutAValue", "maps: {m: {array: row.a, key: k}}\nevents: [{emit: deal.won}]", "m.yaml:7:15: sources.s.maps.m: \"value\" is missing\n"},
        Mistake{"AMapOfNoValues", "maps: {m: {array: row.a, key: k, value: []}}\nevents: [{emit: deal.won}]", "m.yaml:7:45: sources.s.maps.m.value: one to 8 members are wanted here\n"},
        Mistake{"AMapIsNoText", "maps: {m: row.a}\nevents: [{emit: deal.won}]", "m.yaml:7:15: sources.s.maps.m: a map (key: value) is wanted here\n"},
        Mistake{"AMapsKeyIsNoName", "maps: {m: {array: row.a, key: 'a b', value: v}}\nevents: [{emit: deal.won}]",
                "m.yaml:7:35: sources.s.maps.m.key: \"a b\" is not the name of a member, like value.int_value\n"},
        Mistake{"AnIdOfNothing", "id: []\nevents: [{emit: deal.won}]", "m.yaml:7:9: sources.s.id: one to 8 values are wanted here, like [row.id, row.version]\n"},
        Mistake{"AnIdOfTooMuch", "id: [row.a0, row.a1, row.a2, row.a3, row.a4, row.a5, row.a6, row.a7, row.a8]\nevents: [{emit: deal.won}]",
                "m.yaml:7:9: sources.s.id: one to 8 values are wanted here, like [row.id, row.version]\n"},
        Mistake{"AnIdThatIsNoPath", "id: [row.]\nevents: [{emit: deal.won}]", "m.yaml:7:13: sources.s.id[0]: a path can't end with a point\n"},
        Mistake{"AFieldWithoutAValue", "events: [{emit: deal.won, set: {deal.id: {on_error: absent}}}]", "m.yaml:7:46: sources.s.events[0].set.deal.id: \"value\" is missing\n"},
        Mistake{"AFieldsConstantIsAPath", "events: [{emit: deal.won, set: {deal.id: {value: row.a, on_error: {constant: row.b}}}}]",
                "m.yaml:7:82: sources.s.events[0].set.deal.id.on_error.constant: a literal is wanted here; text stands in quotes within the quotes of YAML: '\"unknown\"'\n"},
        Mistake{"AFieldsConstantIsMissing", "events: [{emit: deal.won, set: {deal.id: {value: row.a, on_error: {other: 1}}}}]",
                "m.yaml:7:71: sources.s.events[0].set.deal.id.on_error: \"constant\" is missing\nm.yaml:7:72: sources.s.events[0].set.deal.id.on_error: unknown key \"other\"; there is: constant\n"},
        Mistake{"AFieldsConstantIsWrong", "events: [{emit: deal.won, set: {deal.amount: {value: row.a, on_error: {constant: '\"x\"'}}}}]",
                "m.yaml:7:37: sources.s.events[0].set.deal.amount: on_error: the constant is no number\n"},
        Mistake{"AFieldsErrorIsAList", "events: [{emit: deal.won, set: {deal.id: {value: row.a, on_error: [x]}}}]",
                "m.yaml:7:71: sources.s.events[0].set.deal.id.on_error: reject, absent or {constant: ..} is wanted here\n"},
        Mistake{"AFieldThatIsNone", "events: [{emit: deal.won, set: {'deal id': row.a}}]",
                "m.yaml:7:37: sources.s.events[0].set.deal id: deal id is not a field of deal.won; did you mean deal.id?\n"},
        Mistake{"CarryOfNothing", "events: [{emit: deal.won, carry: []}]",
                "m.yaml:7:38: sources.s.events[0].carry: one to 64 fields are wanted here\nm.yaml:7:38: sources.s.events[0].carry: whose fields? Say once: [deal.id] where it happens once, else entity: deal.id\n"},
        Mistake{"CarryOfNoField", "events: [{emit: deal.won, carry: [deal amount]}]",
                "m.yaml:7:38: sources.s.events[0].carry: whose fields? Say once: [deal.id] where it happens once, else entity: deal.id\nm.yaml:7:39: sources.s.events[0].carry[0]: \"deal amount\" is not a field like deal.id\n"},
        Mistake{"EntityWithoutCarry", "events: [{emit: deal.won, entity: deal.id}]", "m.yaml:7:39: sources.s.events[0].entity: belongs to carry; leave it out\n"},
        Mistake{"ARuleWithoutAnEvent", "events: [{set: {deal.id: row.a}}]", "m.yaml:7:14: sources.s.events[0]: \"emit\" is missing\n"},
        Mistake{"ARuleThatIsAText", "events: [deal.won]", "m.yaml:7:14: sources.s.events[0]: a map (key: value) is wanted here\n"},
        Mistake{"EventsAreAList", "events: {emit: deal.won}", "m.yaml:7:13: sources.s.events: a list of rules is wanted here, like [{emit: lead.created, set: {lead.id: row.id}}]\n"},
        Mistake{"SetIsAMap", "events: [{emit: deal.won, set: [deal.id]}]", "m.yaml:7:36: sources.s.events[0].set: a map (key: value) is wanted here\n"},
        Mistake{"EachIsAPath", "events: [{emit: deal.won, each: 'row.a | row.b'}]", "m.yaml:7:44: sources.s.events[0].each: the end is wanted here, not \"|\"\n"},
        Mistake{"NoSuchFraming", "framing: kafka\nevents: [{emit: deal.won}]", "m.yaml:7:14: sources.s.framing: \"kafka\" is none of raw, connect, confluent, cloudevents, headers\n"},
        Mistake{"NoSuchShape", "shape: mongo\nevents: [{emit: deal.won}]", "m.yaml:7:12: sources.s.shape: \"mongo\" is none of event, row, debezium, salesforce_cdc, maxwell, dms\n"},
        Mistake{"KeyFormatIsOne", "framing: confluent\nkey_format: xml\nevents: [{emit: deal.won}]", "m.yaml:8:17: sources.s.key_format: \"xml\" is none of text, json, avro, protobuf\n"},
        Mistake{"SchemasByNumberWantFraming", "format: avro\nschemas: /proc/self/fdinfo\nevents: [{emit: deal.won}]",
                "m.yaml:5:3: sources.s: its records name no schema: write `schema: FILE`, or `framing: confluent` where a number stands before each, `headers` where it stands in a header\nm.yaml:8:14: sources.s.schemas: only Avro and Protobuf with `framing: confluent` or `headers` name their schemas by number\n"},
        Mistake{"NoSuchMessageIndex", "format: protobuf\nframing: confluent\nmessage_index: odd\nevents: [{emit: deal.won}]",
                "m.yaml:9:20: sources.s.message_index: \"odd\" is none of zigzag, plain\n"},
        Mistake{"MessageIndexOfKeysIsRight", "format: avro\nframing: confluent\nkey_format: protobuf\nmessage_index: plain\nevents: [{emit: deal.won}]", ""},
        Mistake{"MessageWithoutASchema", "format: protobuf\nmessage: a.B\nevents: [{emit: deal.won}]",
                "m.yaml:5:3: sources.s: its records name no schema: write `schema: FILE`, or `framing: confluent` where a number stands before each, `headers` where it stands in a header\n"},
        Mistake{"UnknownKey", "shpae: row\nevents: [{emit: deal.won}]", "m.yaml:7:5: sources.s: unknown key \"shpae\"; did you mean \"shape\"?\n"},
        Mistake{"WhenIsEmpty", "events: [{emit: deal.won, when: ''}]", "m.yaml:7:37: sources.s.events[0].when: is empty\n"},
        Mistake{"WhenEndsTooEarly", "events: [{emit: deal.won, when: 'row.a =='}]",
                "m.yaml:7:46: sources.s.events[0].when: text in quotes, a number, true or false is wanted here, not the end\n"},
        Mistake{"WhenGoesOn", "events: [{emit: deal.won, when: 'row.a == 1 2'}]", "m.yaml:7:49: sources.s.events[0].when: and, or, | or the end is wanted here, not \"2\"\n"},
        Mistake{"WhenComparesFields", "events: [{emit: deal.won, when: 'row.a == row.b'}]",
                "m.yaml:7:47: sources.s.events[0].when: a field is compared with a literal; text stands in quotes: \"row.b\"\n"},
        Mistake{"WhenOrdersTruths", "events: [{emit: deal.won, when: 'row.a < true'}]", "m.yaml:7:46: sources.s.events[0].when: true and false are compared with == and != only\n"},
        Mistake{"NotInIsRight", "events: [{emit: deal.won, when: 'row.a not in [1]'}]", ""},
        Mistake{"WhenInNothing", "events: [{emit: deal.won, when: 'row.a in []'}]",
                "m.yaml:7:48: sources.s.events[0].when: text in quotes, a number, true or false is wanted here, not \"]\"\n"},
        Mistake{"WhenInANumber", "events: [{emit: deal.won, when: 'row.a in 7'}]", "m.yaml:7:47: sources.s.events[0].when: \"[\" is wanted here, not \"7\"\n"},
        Mistake{"WhenBeginsWithAKeyword", "events: [{emit: deal.won, when: 'and row.a'}]",
                "m.yaml:7:38: sources.s.events[0].when: a path like row.amount, a function or a literal is wanted here, not \"and\"\n"},
        Mistake{"WhenIsOpen", "events: [{emit: deal.won, when: '(row.a == 1'}]", "m.yaml:7:49: sources.s.events[0].when: \")\" is wanted here, not the end\n"},
        Mistake{"WhenIndexesByText", "events: [{emit: deal.won, when: 'row.a[x] == 1'}]",
                "m.yaml:7:44: sources.s.events[0].when: the position of an element is wanted here, like 0; arrays are read by key with `maps`\n"},
        Mistake{"WhenIndexesFar", "events: [{emit: deal.won, when: 'row.a[99999999] == 1'}]",
                "m.yaml:7:44: sources.s.events[0].when: the position of an element is wanted here, like 0; arrays are read by key with `maps`\n"},
        Mistake{"WhenIndexesHalf", "events: [{emit: deal.won, when: 'row.a[1.5] == 1'}]",
                "m.yaml:7:44: sources.s.events[0].when: the position of an element is wanted here, like 0; arrays are read by key with `maps`\n"},
        Mistake{"WhenAPathEndsInADot", "events: [{emit: deal.won, when: 'row.a. == 1'}]", "m.yaml:7:43: sources.s.events[0].when: a path can't end with a point\n"},
        Mistake{"WhenANameIsEmpty", "events: [{emit: deal.won, when: 'row.\"\" == 1'}]", "m.yaml:7:42: sources.s.events[0].when: a name is wanted here, not \"\"\n"},
        Mistake{"LookupWithoutWords", "events: [{emit: deal.won, set: {deal.id: 'lookup(\"w\", row.a)'}}]",
                "m.yaml:7:54: sources.s.events[0].set.deal.id: the name of one of `words` is wanted here, not \"w\"\n"},
        Mistake{"LocalWithoutQuotes", "events: [{emit: deal.won, time: 'local(row.t, UTC)'}]",
                "m.yaml:7:51: sources.s.events[0].time: a time zone in quotes is wanted here, like \"Europe/Berlin\"\n"},
        Mistake{"BecomesWithoutAList", "events: [{emit: deal.won, when: 'becomes(row.a, row.b)'}]",
                "m.yaml:7:53: sources.s.events[0].when: there is no list called \"row.b\"; define it under `lists`, or write [\"a\", \"b\"]\n"},
        Mistake{"BecomesOneOfNumbersIsRight", "events: [{emit: deal.won, when: 'becomes(row.a, [1, -2, true])'}]", ""},
        Mistake{"CallIsOpen", "events: [{emit: deal.won, set: {deal.id: 'lower(row.a'}}]", "m.yaml:7:58: sources.s.events[0].set.deal.id: \")\" is wanted here, not the end\n"},
        Mistake{"CallOfNothing", "events: [{emit: deal.won, set: {deal.id: 'lower()'}}]",
                "m.yaml:7:53: sources.s.events[0].set.deal.id: a path like row.amount, a function or a literal is wanted here, not \")\"\n"},
        Mistake{"ANegativeNumberIsRight", "events: [{emit: deal.won, set: {deal.amount: '-2.5'}}]", ""},
        Mistake{"ASymbol", "events: [{emit: deal.won, set: {deal.amount: '%'}}]", "m.yaml:7:51: sources.s.events[0].set.deal.amount: \"%\" has no meaning here\n"},
        Mistake{"PathIsAKeyword", "maps: {m: {array: and.a, key: k, value: v}}\nevents: [{emit: deal.won}]",
                "m.yaml:7:12: sources.s.maps.m.array: and.a: records of this shape have no `and`\n"},
        Mistake{"PathIsANumber", "maps: {m: {array: '7', key: k, value: v}}\nevents: [{emit: deal.won}]",
                "m.yaml:7:24: sources.s.maps.m.array: a path like row.products is wanted here, not \"7\"\n"},
        Mistake{"PathGoesOn", "maps: {m: {array: 'row.a x', key: k, value: v}}\nevents: [{emit: deal.won}]", "m.yaml:7:30: sources.s.maps.m.array: the end is wanted here, not \"x\"\n"},
        Mistake{"WhenIsAMap", "events: [{emit: deal.won, when: {a: b}}]", "m.yaml:7:37: sources.s.events[0].when: a single value is wanted here\n"},
        Mistake{"NothingBehindTheLastBar", "events: [{emit: deal.won, set: {deal.id: 'row.a | row.b | \"c\" |'}}]",
                "m.yaml:7:68: sources.s.events[0].set.deal.id: a path like row.amount, a function or a literal is wanted here, not the end\n"},
        Mistake{"HasOfACondition", "events: [{emit: deal.won, when: 'has(row.a == 1)'}]", "m.yaml:7:48: sources.s.events[0].when: \")\" is wanted here, not \"==\"\n"},
        Mistake{"ConnectOfAvroWithoutASchema", "format: avro\nframing: connect\nevents: [{emit: deal.won}]",
                "m.yaml:5:3: sources.s: its records name no schema: write `schema: FILE`, or `framing: confluent` where a number stands before each, `headers` where it stands in a header\nm.yaml:8:14: sources.s.framing: {schema, payload} is of JSON alone\n"}),
    NameOf);

TEST(SourceText, IsNotNestedWithoutEnd) {
  for (const std::string& deep : {std::string(300, '(') + "row.a" + std::string(300, ')'), [] {
         std::string nots;
         for (int i = 0; i < 300; ++i) nots += "not ";
         return nots + "row.a";
       }()}) {
    const std::string said = MappingRig("events: [{emit: deal.won, when: '" + deep + "'}]").said;
    EXPECT_TRUE(said.ends_with("sources.s.events[0].when: nested too deeply\n")) << said;
  }
}

TEST(SourceText, ListsAreNotWithoutEnd) {
  std::string values = "0", words = "{a: b", rules = "[", fields = "{";
  for (int i = 0; i < 10'001; ++i) values += "," + std::to_string(i);
  for (int i = 0; i < 10'001; ++i) words += ", w" + std::to_string(i) + ": x";
  for (int i = 0; i < 300; ++i) rules += "{emit: deal.won},";
  for (int i = 0; i < 70; ++i) fields += "f" + std::to_string(i) + ": row.a,";
  const auto said = [](const std::string& source) {
    const std::string all = MappingRig(source).said;
    return all.substr(0, all.find('\n'));
  };
  const std::string won = "\nevents: [{emit: deal.won}]";
  EXPECT_EQ(said("lists: {l: [" + values + "]}" + won), "m.yaml:7:16: sources.s.lists.l: more than 10000 values");
  EXPECT_EQ(said("words: {w: " + words + "}}" + won), "m.yaml:7:16: sources.s.words.w: more than 10000 words");
  EXPECT_EQ(said("events: " + rules + "]"), "m.yaml:7:13: sources.s.events: more than 256 rules");
  EXPECT_EQ(said("events: [{emit: deal.won, set: " + fields + "}}]"), "m.yaml:7:36: sources.s.events[0].set: more than 64 fields");
}

}  // namespace
}  // namespace tidemark
