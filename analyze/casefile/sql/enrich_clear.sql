delete from address;
delete from identity;
delete from identity_conflict;
delete from price;
delete from clock;
