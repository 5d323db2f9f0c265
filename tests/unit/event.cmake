tidemark_test(event_schema_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/event_schema_test.cc
  LIBS tidemark_event tidemark_decoder_own_schema LABELS unit)
tidemark_test(event_decoder_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/event_decoder_test.cc
  LIBS tidemark_event tidemark_decoder_own_schema LABELS unit)
tidemark_test(event_differential_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/event_differential_test.cc ${PROJECT_SOURCE_DIR}/tests/fuzz/damaged.cc
  LIBS tidemark_decoder_oracle tidemark_decoder_own_schema LABELS unit)
