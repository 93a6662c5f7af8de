CREATE TABLE "draft_base" (
	"case_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"horizon" bigint NOT NULL,
	"anatomy_hash" text NOT NULL,
	"proposal_hash" text NOT NULL,
	"document_hash" text NOT NULL,
	"checksum" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "draft_base_case_id_seq_pk" PRIMARY KEY("case_id","seq")
);
--> statement-breakpoint
CREATE TABLE "room_lease" (
	"case_id" uuid NOT NULL,
	"document" text NOT NULL,
	"token" bigint NOT NULL,
	"owner" text NOT NULL,
	"until" timestamp with time zone NOT NULL,
	CONSTRAINT "room_lease_case_id_document_pk" PRIMARY KEY("case_id","document")
);
--> statement-breakpoint
ALTER TABLE "draft_base" ADD CONSTRAINT "draft_base_case_id_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."case"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_lease" ADD CONSTRAINT "room_lease_case_id_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."case"("id") ON DELETE cascade ON UPDATE no action;