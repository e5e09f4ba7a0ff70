using KeyRecovery.Cli;

return await Entry.RunAsync(args);
