/*
 * codec_files.h
 *	  Compressed objects made by others than the libraries used here: by Trino's
 *	  writers of text tables, and by the Rust crates lz4, snap, flate2 and zstd.
 */
#define PLAIN "id,name\n1,one\n2,two\n3,three\n1,one\n2,two\n3,three\n"
#define ROWS "1,one\n2,two\n3,three\n1,one\n2,two\n3,three\n"
{
	PDS_CODEC_LZ4, "lz4: a frame",
		"04224d185440ae24000000fd0b69642c6e616d650a312c6f6e650a322c74776f0a332c7468726514"
		"0050687265650a919d1d8300000000823ded8a",
		PLAIN
},

{
	PDS_CODEC_SNAPPY, "snappy: frames",
		"ff060000734e615070590023000051d83d9a306469642c6e616d650a312c6f6e650a322c74776f0a"
		"332c74687265561400",
		PLAIN
},

{
	PDS_CODEC_DEFLATE, "deflate: raw",
		"6dc8b10900200c04c0fe67f9469d48f0410b139080eb6781b477166d5ea1d14de88cef188cfd545b"
		"02",
		PLAIN
},

{
	PDS_CODEC_DEFLATE, "deflate: zlib",
		"789c6dc8b10900200c04c0fe67f9469d48f0410b139080eb6781b477166d5ea1d14de88cef188cfd"
		"545b02666c0e7d",
		PLAIN
},

{
	PDS_CODEC_ZSTD, "zstd: two frames",
		"28b52ffd200949000069642c6e616d650a3128b52ffd2027d50000a02c6f6e650a322c74776f0a33"
		"2c74687265650a3101002e994c",
		PLAIN
},

{
	PDS_CODEC_LZ4, "lz4: Hadoop's block by Trino 476",
		"000000280000001efb05312c6f6e650a322c74776f0a332c74687265650a140050687265650a",
		ROWS
},

{
	PDS_CODEC_SNAPPY, "snappy: Hadoop's block by Trino 476",
		"0000002800000019284c312c6f6e650a322c74776f0a332c74687265650a4e1400",
		ROWS
},

{
	PDS_CODEC_ZSTD, "zstd by Trino 476",
		"28b52ffd2428d50000a0312c6f6e650a322c74776f0a332c74687265650a01008e9e4cba59f232",
		ROWS
},

{
	PDS_CODEC_GZIP, "gzip by Trino 476",
		"1f8b08000000000000ff33d4c9cf4be532d22929cfe732d629c9284a4de532c4220600ecc1b48928"
		"000000",
		ROWS
},
