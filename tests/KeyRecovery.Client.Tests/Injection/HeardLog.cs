using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Client.Tests.Injection;

/// <summary>All that an app's log is told, of every category and level: text, values, scopes and exceptions.</summary>
internal sealed class HeardLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, string All)> _lines = [];

    /// <summary>The lines, the oldest first.</summary>
    public IReadOnlyList<(string Category, LogLevel Level, string All)> Lines => [.. _lines];

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Heard(this, categoryName);

    /// <inheritdoc/>
    public void Dispose() { }

    private void Hear(string category, LogLevel level, string text, object? state, Exception? error)
    {
        var values = state is IEnumerable<KeyValuePair<string, object?>> pairs
            ? string.Join(' ', pairs.Select(p => $"{p.Key}={p.Value}")) : $"{state}";
        _lines.Enqueue((category, level, $"{text}\n{values}\n{error}"));
    }

    private sealed class Heard(HeardLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            log.Hear(category, LogLevel.None, "", state, null);
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            log.Hear(category, logLevel, formatter(state, exception), state, exception);
    }
}
