-- The tables of the first release, as init-db made them.

CREATE TABLE cxmc_account (
	id INTEGER NOT NULL,
	ref VARCHAR(64) NOT NULL,
	state VARCHAR(16) NOT NULL,
	epoch INTEGER NOT NULL,
	state_at BIGINT,
	state_by VARCHAR(200) NOT NULL,
	key_sealed TEXT,
	key_dc VARCHAR(8) NOT NULL,
	key_tail VARCHAR(4) NOT NULL,
	key_at BIGINT,
	key_by VARCHAR(200) NOT NULL,
	key_refused BOOLEAN NOT NULL,
	remote_account VARCHAR(64) NOT NULL,
	remote_name VARCHAR(200) NOT NULL,
	"plan" VARCHAR(40) NOT NULL,
	list_id VARCHAR(64) NOT NULL,
	list_web_id BIGINT NOT NULL,
	list_name VARCHAR(200) NOT NULL,
	audiences JSON NOT NULL,
	templates JSON NOT NULL,
	domains JSON NOT NULL,
	read_at BIGINT,
	back_off_until BIGINT NOT NULL,
	gate_at BIGINT NOT NULL,
	members_since BIGINT NOT NULL,
	guard INTEGER NOT NULL,
	CONSTRAINT pk_cxmc_account PRIMARY KEY (id),
	CONSTRAINT uq_cxmc_account_ref UNIQUE (ref)
);

CREATE TABLE cxmc_call (
	id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	operation_id INTEGER,
	mailing_id INTEGER,
	step VARCHAR(20) NOT NULL,
	call VARCHAR(40) NOT NULL,
	outcome VARCHAR(10) NOT NULL,
	status SMALLINT NOT NULL,
	ms INTEGER NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT pk_cxmc_call PRIMARY KEY (id)
);

CREATE INDEX ix_cxmc_call_account ON cxmc_call (account_id, at);

CREATE INDEX ix_cxmc_call_operation ON cxmc_call (operation_id);

CREATE INDEX ix_cxmc_call_unknown ON cxmc_call (account_id, at) WHERE outcome = 'unknown';

CREATE TABLE cxmc_event (
	recipient_id BIGINT NOT NULL,
	kind SMALLINT NOT NULL,
	at BIGINT NOT NULL,
	link_id BIGINT NOT NULL,
	nth SMALLINT NOT NULL,
	mailing_id BIGINT NOT NULL,
	CONSTRAINT pk_cxmc_event PRIMARY KEY (recipient_id, kind, at, link_id, nth)
)
 WITHOUT ROWID;

CREATE INDEX ix_cxmc_event_timeline ON cxmc_event (mailing_id, at, recipient_id);

CREATE TABLE cxmc_link (
	id INTEGER NOT NULL,
	mailing_id INTEGER NOT NULL,
	url TEXT NOT NULL,
	CONSTRAINT pk_cxmc_link PRIMARY KEY (id),
	CONSTRAINT uq_cxmc_link_url UNIQUE (mailing_id, url)
);

CREATE TABLE cxmc_tick (
	name VARCHAR(120) NOT NULL,
	kind VARCHAR(20) NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT pk_cxmc_tick PRIMARY KEY (name)
);

CREATE TABLE cxmc_mailing (
	id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	campaign_ref VARCHAR(64) NOT NULL,
	campaign_title VARCHAR(300) NOT NULL,
	generation INTEGER NOT NULL,
	state VARCHAR(16) NOT NULL,
	why JSON NOT NULL,
	subject VARCHAR(300) NOT NULL,
	from_name VARCHAR(200) NOT NULL,
	from_email VARCHAR(254) NOT NULL,
	template_id BIGINT,
	template_name VARCHAR(200) NOT NULL,
	schedule_at BIGINT,
	frozen_at BIGINT,
	list_id VARCHAR(64) NOT NULL,
	segment_id BIGINT,
	segment_name VARCHAR(100) NOT NULL,
	create_intent_at BIGINT,
	remote_id VARCHAR(64),
	web_id BIGINT,
	remote_status VARCHAR(16) NOT NULL,
	filled BOOLEAN NOT NULL,
	checklist JSON NOT NULL,
	intent_at BIGINT,
	created_at BIGINT,
	sent_at BIGINT,
	emails_sent INTEGER NOT NULL,
	people INTEGER NOT NULL,
	receivers INTEGER NOT NULL,
	pushed INTEGER NOT NULL,
	counts JSON NOT NULL,
	report JSON NOT NULL,
	next_sync_at BIGINT,
	last_sync_at BIGINT,
	sync_lease VARCHAR(80) NOT NULL,
	sync_until FLOAT NOT NULL,
	sync_tier SMALLINT NOT NULL,
	sync_since BIGINT,
	sync_line VARCHAR(120) NOT NULL,
	sync_fails INTEGER NOT NULL,
	sync_note JSON,
	sync_gap JSON NOT NULL,
	CONSTRAINT pk_cxmc_mailing PRIMARY KEY (id),
	CONSTRAINT uq_cxmc_mailing_campaign UNIQUE (account_id, campaign_ref),
	CONSTRAINT fk_cxmc_mailing_account FOREIGN KEY(account_id) REFERENCES cxmc_account (id)
);

CREATE INDEX ix_cxmc_mailing_next_sync ON cxmc_mailing (next_sync_at);

CREATE INDEX ix_cxmc_mailing_remote ON cxmc_mailing (remote_id);

CREATE INDEX ix_cxmc_mailing_schedule ON cxmc_mailing (schedule_at);

CREATE TABLE cxmc_operation (
	id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	mailing_id INTEGER,
	kind VARCHAR(16) NOT NULL,
	scope VARCHAR(60) NOT NULL,
	nonce VARCHAR(64) NOT NULL,
	token VARCHAR(16) NOT NULL,
	state VARCHAR(16) NOT NULL,
	step VARCHAR(20) NOT NULL,
	generation INTEGER NOT NULL,
	done INTEGER NOT NULL,
	total INTEGER NOT NULL,
	loops SMALLINT NOT NULL,
	why JSON NOT NULL,
	payload JSON NOT NULL,
	actor_id VARCHAR(64) NOT NULL,
	actor_name VARCHAR(200) NOT NULL,
	epoch INTEGER NOT NULL,
	remote_account VARCHAR(64) NOT NULL,
	lease_token VARCHAR(80) NOT NULL,
	lease_until FLOAT NOT NULL,
	attempts INTEGER NOT NULL,
	next_at FLOAT NOT NULL,
	deadline BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	started_at BIGINT,
	ended_at BIGINT,
	CONSTRAINT pk_cxmc_operation PRIMARY KEY (id),
	CONSTRAINT uq_cxmc_operation_nonce UNIQUE (nonce),
	CONSTRAINT fk_cxmc_operation_account FOREIGN KEY(account_id) REFERENCES cxmc_account (id),
	CONSTRAINT fk_cxmc_operation_mailing FOREIGN KEY(mailing_id) REFERENCES cxmc_mailing (id)
);

CREATE INDEX ix_cxmc_operation_due ON cxmc_operation (state, next_at);

CREATE INDEX ix_cxmc_operation_mailing ON cxmc_operation (mailing_id, id);

CREATE UNIQUE INDEX uq_cxmc_operation_active ON cxmc_operation (scope) WHERE state IN ('queued', 'running', 'waiting');

CREATE TABLE cxmc_recipient (
	id INTEGER NOT NULL,
	mailing_id INTEGER NOT NULL,
	person_kind VARCHAR(10) NOT NULL,
	person_id VARCHAR(64) NOT NULL,
	name VARCHAR(200) NOT NULL,
	address VARCHAR(254) NOT NULL,
	member_hash BLOB NOT NULL,
	merge JSON NOT NULL,
	primary_id INTEGER,
	reason VARCHAR(20),
	detail VARCHAR(300) NOT NULL,
	pushed BOOLEAN NOT NULL,
	status SMALLINT NOT NULL,
	CONSTRAINT pk_cxmc_recipient PRIMARY KEY (id),
	CONSTRAINT fk_cxmc_recipient_mailing FOREIGN KEY(mailing_id) REFERENCES cxmc_mailing (id)
);

CREATE INDEX ix_cxmc_recipient_address ON cxmc_recipient (member_hash);

CREATE INDEX ix_cxmc_recipient_member ON cxmc_recipient (mailing_id, member_hash);

CREATE INDEX ix_cxmc_recipient_person ON cxmc_recipient (person_kind, person_id);

CREATE INDEX ix_cxmc_recipient_reason ON cxmc_recipient (mailing_id, reason, id);

CREATE INDEX ix_cxmc_recipient_status ON cxmc_recipient (mailing_id, status, id);
