CREATE TABLE "surface_mend" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"case_id" uuid NOT NULL,
	"source" text NOT NULL,
	"name" text NOT NULL,
	"surface_hash" text NOT NULL,
	"options" jsonb NOT NULL,
	"key" text NOT NULL,
	"error" text,
	"requested_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "surface_mend" ADD CONSTRAINT "surface_mend_case_id_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."case"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "surface_mend" ADD CONSTRAINT "surface_mend_requested_by_user_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "surface_mend_case" ON "surface_mend" USING btree ("case_id");--> statement-breakpoint
CREATE INDEX "surface_mend_key" ON "surface_mend" USING btree ("key");