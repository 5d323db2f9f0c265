tidemark_test(base_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/base_test.cc LIBS tidemark_aggregate tidemark_plan LABELS unit)
tidemark_test(window_codec_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/window_codec_test.cc LIBS tidemark_window LABELS unit)
tidemark_test(engine_id_set_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/engine_id_set_test.cc LIBS tidemark_engine LABELS unit)
tidemark_test(engine_dedup_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/engine_dedup_test.cc LIBS tidemark_engine tidemark_store LABELS unit)
