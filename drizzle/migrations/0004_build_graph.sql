CREATE TABLE "build" (
	"case_id" uuid NOT NULL,
	"subject" text NOT NULL,
	"node" text NOT NULL,
	"inputs" jsonb NOT NULL,
	"key" text NOT NULL,
	"seq" bigint NOT NULL,
	"state" text NOT NULL,
	"error" text,
	"voxels" bigint DEFAULT 0 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "build_case_id_subject_node_pk" PRIMARY KEY("case_id","subject","node")
);
--> statement-breakpoint
ALTER TABLE "build" ADD CONSTRAINT "build_case_id_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."case"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "build_key" ON "build" USING btree ("key");