using KeyRecovery.Api.Options;
using Serilog;
using Serilog.Events;

namespace KeyRecovery.Api.Telemetry;

/// <summary>The log: JSON lines on standard output, and in a file if the operator names one.</summary>
internal static class LogSetup
{
    private const long FileBytes = 64 * 1024 * 1024;
    private const int FilesKept = 8;

    public static void AddLog(this IServiceCollection services, KeyRecoveryOptions options) =>
        services.AddSerilog(
            log =>
            {
                // The framework's own lines quote paths, queries and headers below Warning.
                log.MinimumLevel.Is(Level(options.LogLevel))
                    .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                    .MinimumLevel.Override("System", LogEventLevel.Warning)
                    // Where it might log, each request keeps an activity and a scope. What fails at the start is told
                    // by the host too.
                    .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off)
                    // What is wrong with a caller's frames, which it calls critical where they are many. Metrics count
                    // them.
                    .MinimumLevel.Override("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LevelAlias.Off)
                    .MinimumLevel.Override("Microsoft.AspNetCore.Server.Kestrel.Http2", LevelAlias.Off)
                    .MinimumLevel.Override("Microsoft.AspNetCore.Server.Kestrel.Http3", LevelAlias.Off)
                    .Filter.ByExcluding(IsOfABrokenConnection)
                    .Filter.With(new CancelledStart())
                    .Enrich.With(new ForgetRequestScope())
                    .WriteTo.Console(new RedactedExceptions());
                if (options.LogFile is { } file)
                {
                    log.WriteTo.File(
                        new RedactedExceptions(),
                        file,
                        fileSizeLimitBytes: FileBytes,
                        rollOnFileSizeLimit: true,
                        hooks: new PrivateLogFiles(),
                        retainedFileCountLimit: FilesKept);
                }
            },
            preserveStaticLogger: true);

    // A connection that its caller broke off may be collected before Kestrel has ended it, which it calls critical.
    private static bool IsOfABrokenConnection(LogEvent line) =>
        line.Properties.GetValueOrDefault("SourceContext")
            is ScalarValue { Value: "Microsoft.AspNetCore.Server.Kestrel" }
        && line.Properties.GetValueOrDefault("EventId") is StructureValue id
        && id.Properties.Any(p => p is { Name: "Name", Value: ScalarValue { Value: "ApplicationNeverCompleted" } });

    private static LogEventLevel Level(LogLevel level) => level switch
    {
        LogLevel.Debug => LogEventLevel.Debug,
        LogLevel.Warning => LogEventLevel.Warning,
        LogLevel.Error => LogEventLevel.Error,
        _ => LogEventLevel.Information,
    };
}
