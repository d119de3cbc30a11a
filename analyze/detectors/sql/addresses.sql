-- Every source address of calls and acts.
select address from call where address is not null
union
select address from act where address is not null
order by address
