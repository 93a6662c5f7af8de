ALTER TABLE "build" ADD COLUMN "cause" text DEFAULT 'masks' NOT NULL;--> statement-breakpoint
ALTER TABLE "build" ADD COLUMN "since" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "settled" ADD COLUMN "plan_seq" bigint DEFAULT 0 NOT NULL;