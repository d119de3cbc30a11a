-- Calls that more than one event shows, by the events that show each plane of
-- them. Their columns are coalesced in the view calls.
create table joined_call (
    call_id varchar,
    events bigint,
    planes varchar,
    who bigint,              -- eid of the event of the access plane
    said bigint,             -- content
    agent bigint,
    other bigint             -- control, or no plane
);
