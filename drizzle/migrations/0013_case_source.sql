CREATE TABLE "case_source" (
	"case_id" uuid PRIMARY KEY NOT NULL,
	"source_hash" text NOT NULL,
	"sealed_uids" "bytea" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "upload" ADD COLUMN "sealed_uids" "bytea";--> statement-breakpoint
ALTER TABLE "case_source" ADD CONSTRAINT "case_source_case_id_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."case"("id") ON DELETE cascade ON UPDATE no action;