using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;

namespace KeyRecovery.Api.Telemetry;

/// <summary>
/// Compact JSON in which an exception is its type, its stack, and why as far as <see cref="FailureWords"/> knows it:
/// its message may quote what a user sent, or a store's row.
/// </summary>
internal sealed class RedactedExceptions : ITextFormatter
{
    private readonly CompactJsonFormatter _inner = new();

    public void Format(LogEvent logEvent, TextWriter output)
    {
        if (logEvent.Exception is { } exception) logEvent = Redact(logEvent, exception);
        _inner.Format(logEvent, output);
    }

    private static LogEvent Redact(LogEvent logEvent, Exception exception)
    {
        var properties = logEvent.Properties.Select(property => new LogEventProperty(property.Key, property.Value))
            .Append(new LogEventProperty("ExceptionTypes", new SequenceValue(Types(exception))))
            .Append(new LogEventProperty("Stack", new ScalarValue(exception.StackTrace)));
        if (FailureWords.Of(exception) is { } why)
            properties = properties.Append(new LogEventProperty("Why", new ScalarValue(why)));
        return new LogEvent(
            logEvent.Timestamp,
            logEvent.Level,
            exception: null,
            logEvent.MessageTemplate,
            properties,
            logEvent.TraceId ?? default,
            logEvent.SpanId ?? default);
    }

    private static IEnumerable<LogEventPropertyValue> Types(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
            yield return new ScalarValue(exception.GetType().FullName);
    }
}
