using KeyRecovery.Api.Verbs;

return await VerbTable.RunAsync(args);
