using KeyRecovery.Api.Hosting;

return await Verbs.RunAsync(args);
