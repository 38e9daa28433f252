using System;
using System.Collections.Generic;

namespace FaceLive.Tests
{
    /// <summary>The test runner on mono: one command per kind of test, results as JSON lines on standard output.</summary>
    internal static class Program
    {
        private static readonly Dictionary<string, Func<string[], int>> Commands = new Dictionary<string, Func<string[], int>>
        {
            ["decode"] = DecodeCommand.Run,
            ["database"] = DatabaseCommand.Run,
            ["parse"] = ParseCommand.Run,
            ["copy-db"] = CopyCommands.Db,
            ["copy-eval"] = CopyCommands.Eval,
            ["copy-schema"] = CopyCommands.Schema,
            ["copy-recording"] = CopyCommands.Recording,
            ["head"] = HeadCommand.Run,
            ["worn"] = WornCommand.Run,
            ["scene"] = SceneCommand.Run,
            ["hostile-head"] = HostileHeadCommand.Run,
            ["nunit"] = NUnitCommand.Run,
            ["windows"] = WindowsCommand.Run,
            ["record"] = RecordCommand.Run,
            ["play"] = PlayCommand.Run,
            ["silence"] = SilenceCommand.Run,
            ["live"] = LiveCommand.Run,
            ["demo"] = DemoCommand.Run,
            ["cycles"] = CyclesCommand.Run,
        };

        private static int Main(string[] args)
        {
            if (args.Length == 0 || !Commands.TryGetValue(args[0], out Func<string[], int> command))
            {
                Console.Error.WriteLine("commands: " + string.Join(" ", Commands.Keys));
                return 2;
            }
            var rest = new string[args.Length - 1];
            Array.Copy(args, 1, rest, 0, rest.Length);
            return command(rest);
        }
    }
}
