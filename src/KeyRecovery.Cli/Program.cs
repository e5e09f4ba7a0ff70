using KeyRecovery.Cli.Invocation;

return await Entry.RunAsync(args);
