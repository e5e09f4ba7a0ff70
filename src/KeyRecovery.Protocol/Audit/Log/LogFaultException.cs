namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>Thrown by <see cref="LogReader"/> where a file of a log is not there, or is none.</summary>
public sealed class LogFaultException : Exception
{
    /// <summary>Makes the exception.</summary>
    public LogFaultException(LogFault fault) : base(fault.Message) => Fault = fault;

    /// <summary>What is wrong.</summary>
    public LogFault Fault { get; }
}
