# What becomes of records of CRM platforms and tools: configuration and mapping together.
tidemark_test(mapping_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/mapping_records_test.cc ${CMAKE_CURRENT_LIST_DIR}/mapping_values_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/mapping_conditions_test.cc ${CMAKE_CURRENT_LIST_DIR}/mapping_targets_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/mapping_formats_test.cc ${CMAKE_CURRENT_LIST_DIR}/mapping_text_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/mapping_config_test.cc ${CMAKE_CURRENT_LIST_DIR}/mapping_facts_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/mapping_framing_test.cc ${CMAKE_CURRENT_LIST_DIR}/mapping_avro_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/mapping_protobuf_test.cc ${CMAKE_CURRENT_LIST_DIR}/mapping_protobuf_schema_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/mapping_survey_test.cc ${CMAKE_CURRENT_LIST_DIR}/mapping_edges_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/mapping_own_event_test.cc
  LIBS tidemark_config tidemark_proto tidemark_decoder_own_schema LABELS unit)
